"""Two-dimensional convolution of images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import ShapeError
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Filler, Layer, ParameterSpec, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import check_images, windows, with_examples

PARAMS = ("out_size", "ksize", "stride", "pad", "in_size")


@register_layer("convolution_2d")
class Convolution2D(Layer):
    """Cross-correlation with O learned kernels plus a bias: (H, W, C) to (OH, OW, O), OH = (H + 2 PH - KH) // SH + 1.

    Params: ``out_size`` O, ``ksize``, ``stride`` (default 1), ``pad`` (default 0): whole numbers or [height, width];
    ``in_size`` C (optional, checked if given).
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.out_size = settings.integer("out_size", minimum=1)
        self.ksize = settings.pair("ksize", minimum=1, maximum=4096)
        self.stride = settings.pair("stride", minimum=1, maximum=4096, default=1)
        self.pad = settings.pair("pad", minimum=0, maximum=4096, default=0)
        self.in_size = settings.optional_integer("in_size", minimum=1)
        self.positions = 0

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        check_images(self, x)
        if self.in_size not in (None, x[2]):
            raise ShapeError(
                f"{self}: expected x of shape (N, H, W, {self.in_size}), got {with_examples(x)}; set in_size to {x[2]}"
            )
        height, width = windows(self, x, ksize=self.ksize, stride=self.stride, pad=self.pad)
        self.in_size = x[2]
        self.positions = height * width
        return ((height, width, self.out_size),)

    def parameter_specs(self) -> dict[str, ParameterSpec]:
        assert self.in_size is not None, "infer_shapes comes first"
        fan_in = self.ksize[0] * self.ksize[1] * self.in_size
        w = ParameterSpec((*self.ksize, self.in_size, self.out_size), Filler("xavier"), fan_in)
        return {"w": w, "b": ParameterSpec((self.out_size,))}

    def forward_flops(self) -> int:
        return 2 * self.positions * math.prod(self.parameter_specs()["w"].shape)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` and ``backward``.

        Args:
            parameters: ``w`` (KH, KW, C, O) and ``b`` (O,), float32.
            inputs: ``x`` (N, H, W, C) float32.
        Returns:
            ``y`` (N, OH, OW, O) and ``backward``.
        Source:
            Goodfellow, Bengio, Courville, Deep Learning (2016), section 9.5.
        """
        (x,) = inputs
        w = parameters["w"]
        stride, pad = self.stride, self.pad
        y = x.backend.convolution_2d(x, w, parameters["b"], stride=stride, pad=pad)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            backend = dy.backend
            if not self.frozen:
                backend.convolution_2d_weight_gradient(x, dy, gradients["w"], gradients["b"], stride=stride, pad=pad)
            if not self.needs_input_gradient:
                return (None,)
            return (backend.convolution_2d_data_gradient(dy, w, x_shape=x.shape, stride=stride, pad=pad),)

        return (y,), backward
