"""Two-dimensional pooling of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import NetworkError
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import check_images, windows

PARAMS = ("ksize", "stride", "pad", "type")
MAXIMUM_WINDOW = 256


@register_layer("pooling_2d")
class Pooling2D(Layer):
    """The maximum or mean of each window: (H, W, C) to (OH, OW, C), OH = (H + 2 PH - KH) // SH + 1.

    Params: ``ksize``, ``stride`` (default 1), ``pad`` (default 0, less than ksize): whole numbers or [height, width];
    ``type``: "max" or "average". A window of maxima has at most 256 elements, so that a byte tells which it was.
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.ksize = settings.pair("ksize", minimum=1, maximum=4096)
        self.stride = settings.pair("stride", minimum=1, maximum=4096, default=1)
        self.pad = settings.pair("pad", minimum=0, maximum=4096, default=0)
        self.kind = settings.choice("type", ("max", "average"))
        if self.pad[0] >= self.ksize[0] or self.pad[1] >= self.ksize[1]:
            raise NetworkError(
                f"{self}: expected pad less than ksize {list(self.ksize)}, got {list(self.pad)}; "
                "a window must not lie in the padding alone"
            )
        if self.kind == "max" and self.ksize[0] * self.ksize[1] > MAXIMUM_WINDOW:
            raise NetworkError(
                f"{self}: expected windows of at most {MAXIMUM_WINDOW} elements for max, got ksize {list(self.ksize)}; "
                "use a smaller ksize"
            )

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        check_images(self, x)
        return ((*windows(self, x, ksize=self.ksize, stride=self.stride, pad=self.pad), x[2]),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` (N, OH, OW, C) of ``x`` (N, H, W, C), float32, and ``backward``."""
        (x,) = inputs
        return self._forward_max(x) if self.kind == "max" else self._forward_average(x)

    def _forward_max(self, x: NDArray) -> tuple[Arrays, Backward]:
        ksize, stride, pad = self.ksize, self.stride, self.pad
        y, positions = x.backend.max_pooling_2d(x, ksize=ksize, stride=stride, pad=pad)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            dx = dy.backend.max_pooling_2d_gradient(dy, positions, x_shape=x.shape, ksize=ksize, stride=stride, pad=pad)
            return (dx,)

        return (y,), backward

    def _forward_average(self, x: NDArray) -> tuple[Arrays, Backward]:
        ksize, stride, pad = self.ksize, self.stride, self.pad
        y = x.backend.average_pooling_2d(x, ksize=ksize, stride=stride, pad=pad)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            dx = dy.backend.average_pooling_2d_gradient(dy, x_shape=x.shape, ksize=ksize, stride=stride, pad=pad)
            return (dx,)

        return (y,), backward
