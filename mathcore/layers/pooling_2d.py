"""Two-dimensional pooling of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.backends.shapes import Pair, covering_window_count
from mathcore.errors import NetworkError, ShapeError
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import check_images, windows, with_examples

PARAMS = ("ksize", "stride", "pad", "type", "rounding", "global", "include_pad")
MAXIMUM_WINDOW = 256


@register_layer("pooling_2d")
class Pooling2D(Layer):
    """The maximum or mean of each window: (H, W, C) to (OH, OW, C).

    Params: ``ksize``, ``stride`` (default 1), ``pad`` (default 0, less than ksize): whole numbers or [height, width];
    ``type``: "max" or "average". A window of maxima has at most 256 elements, so that a byte tells which it was.

    ``rounding`` "ceil" (default, as in Sukiyaki2 and Caffe): OH = ceil((H + 2 PH - KH) / SH) + 1, so that windows cover
    the image, less one if the last would begin beyond the image and the padding before it. "floor": only whole windows.

    ``include_pad``: a mean divides by how many elements of the padded image its window holds (true, the default: KH KW
    for whole windows), or by those of the image alone. What lies beyond the padding never counts, as in Caffe and
    PyTorch.

    ``global``: true makes one window of the whole image; ksize, stride and pad are then left out.
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.kind = settings.choice("type", ("max", "average"))
        self.rounding = settings.choice("rounding", ("ceil", "floor"), default="ceil")
        self.whole = settings.flag("global", default=False)
        self.divisor = "padded" if settings.flag("include_pad", default=True) else "image"
        if self.whole:
            self._check_whole(params)
            self.ksize = (1, 1)
        else:
            self.ksize = settings.pair("ksize", minimum=1, maximum=4096)
        self.stride = settings.pair("stride", minimum=1, maximum=4096, default=1)
        self.pad = settings.pair("pad", minimum=0, maximum=4096, default=0)
        self.count: Pair = (0, 0)
        if self.pad[0] >= self.ksize[0] or self.pad[1] >= self.ksize[1]:
            raise NetworkError(
                f"{self}: expected pad less than ksize {list(self.ksize)}, got {list(self.pad)}; "
                "a window must not lie in the padding alone"
            )
        self._check_window()

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        check_images(self, x)
        if self.whole:
            self.ksize = (x[0], x[1])
            self._check_window()
        self.count = self._window_counts(x)
        return ((*self.count, x[2]),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` (N, OH, OW, C) of ``x`` (N, H, W, C), float32, and ``backward``."""
        (x,) = inputs
        return self._forward_max(x) if self.kind == "max" else self._forward_average(x)

    def _forward_max(self, x: NDArray) -> tuple[Arrays, Backward]:
        ksize, stride, pad = self.ksize, self.stride, self.pad
        y, positions = x.backend.max_pooling_2d(x, ksize=ksize, stride=stride, pad=pad, count=self.count)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            dx = dy.backend.max_pooling_2d_gradient(dy, positions, x_shape=x.shape, ksize=ksize, stride=stride, pad=pad)
            return (dx,)

        return (y,), backward

    def _forward_average(self, x: NDArray) -> tuple[Arrays, Backward]:
        ksize, stride, pad, divisor = self.ksize, self.stride, self.pad, self.divisor
        y = x.backend.average_pooling_2d(x, ksize=ksize, stride=stride, pad=pad, count=self.count, divisor=divisor)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            dx = dy.backend.average_pooling_2d_gradient(
                dy, x_shape=x.shape, ksize=ksize, stride=stride, pad=pad, divisor=divisor
            )
            return (dx,)

        return (y,), backward

    def _window_counts(self, x: Shape) -> Pair:
        if self.rounding == "floor":
            return windows(self, x, ksize=self.ksize, stride=self.stride, pad=self.pad)
        height, width = (
            covering_window_count(x[axis], ksize=self.ksize[axis], stride=self.stride[axis], pad=self.pad[axis])
            for axis in range(2)
        )
        if height < 1 or width < 1:
            raise ShapeError(
                f"{self}: expected x of at least {self.ksize[0]} x {self.ksize[1]} with pad {list(self.pad)}, "
                f"got {with_examples(x)}; use a smaller ksize or more pad"
            )
        return height, width

    def _check_whole(self, params: Mapping[str, Any]) -> None:
        for name in ("ksize", "stride", "pad"):
            if name in params:
                raise NetworkError(
                    f"{self}: expected no {name} beside global, which takes the whole image; leave one of them out"
                )

    def _check_window(self) -> None:
        if self.kind == "max" and self.ksize[0] * self.ksize[1] > MAXIMUM_WINDOW:
            raise NetworkError(
                f"{self}: expected windows of at most {MAXIMUM_WINDOW} elements for max, got ksize {list(self.ksize)}; "
                "use a smaller ksize"
            )
