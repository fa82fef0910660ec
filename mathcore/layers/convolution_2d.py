"""Two-dimensional convolution of images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.backends.geometry import span
from mathcore.errors import NetworkError, ShapeError
from mathcore.layers.filler_settings import read_filler
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Filler, Layer, ParameterSpec, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import check_images, windows, with_examples

PARAMS = ("out_size", "ksize", "stride", "pad", "dilation", "group", "bias", "in_size", "weight_filler", "bias_filler")


@register_layer("convolution_2d")
class Convolution2D(Layer):
    """Cross-correlation with O learned kernels plus a bias: (H, W, C) to (OH, OW, O).

    OH = (H + 2 PH - (KH - 1) DH - 1) // SH + 1, likewise OW.

    Params: ``out_size`` O, ``ksize``, ``stride`` (default 1), ``pad`` (default 0), ``dilation`` (default 1), from one
    tap of the kernel to the next: whole numbers or [height, width]; ``group`` (default 1): into how many groups
    channels and outputs are cut, each output seeing the channels of its group only (C and O are multiples of it;
    depthwise where it is C); ``bias`` (default true), false for none; ``in_size`` C (optional, checked if given);
    ``weight_filler``, ``bias_filler`` (default xavier and zero): see ``filler_settings.py``.
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.out_size = settings.integer("out_size", minimum=1)
        self.ksize = settings.pair("ksize", minimum=1, maximum=4096)
        self.stride = settings.pair("stride", minimum=1, maximum=4096, default=1)
        self.pad = settings.pair("pad", minimum=0, maximum=4096, default=0)
        self.dilation = settings.pair("dilation", minimum=1, maximum=4096, default=1)
        self.groups = settings.integer("group", minimum=1) if "group" in params else 1
        self.bias = settings.flag("bias", default=True)
        self.weight_filler = read_filler(self, params, "weight_filler", default=Filler("xavier"))
        self.bias_filler = read_filler(self, params, "bias_filler", default=Filler("constant"))
        self.in_size = settings.optional_integer("in_size", minimum=1)
        self.positions = 0
        if self.out_size % self.groups:
            raise NetworkError(
                f"{self}: expected out_size to be a multiple of group {self.groups}, got {self.out_size}; change one"
            )

    @property
    def geometry(self) -> dict[str, Any]:
        """What the backend's convolutions are called with."""
        return {"stride": self.stride, "pad": self.pad, "dilation": self.dilation, "groups": self.groups}

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        check_images(self, x)
        if self.in_size not in (None, x[2]):
            raise ShapeError(
                f"{self}: expected x of shape (N, H, W, {self.in_size}), got {with_examples(x)}; set in_size to {x[2]}"
            )
        if x[2] % self.groups:
            raise ShapeError(
                f"{self}: expected x with a multiple of {self.groups} channels, got {with_examples(x)}; change group"
            )
        spans = (span(self.ksize[0], self.dilation[0]), span(self.ksize[1], self.dilation[1]))
        height, width = windows(self, x, ksize=spans, stride=self.stride, pad=self.pad)
        self.in_size = x[2]
        self.positions = height * width
        return ((height, width, self.out_size),)

    def parameter_specs(self) -> dict[str, ParameterSpec]:
        assert self.in_size is not None, "infer_shapes comes first"
        channels = self.in_size // self.groups
        fan_in = self.ksize[0] * self.ksize[1] * channels
        w = ParameterSpec((*self.ksize, channels, self.out_size), self.weight_filler, fan_in)
        return {"w": w, "b": ParameterSpec((self.out_size,), self.bias_filler)} if self.bias else {"w": w}

    def forward_flops(self) -> int:
        return 2 * self.positions * math.prod(self.parameter_specs()["w"].shape)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` and ``backward``.

        Args:
            parameters: ``w`` (KH, KW, C // group, O) and, with a bias, ``b`` (O,), float32.
            inputs: ``x`` (N, H, W, C) float32.
        Returns:
            ``y`` (N, OH, OW, O) and ``backward``.
        Source:
            Goodfellow, Bengio, Courville, Deep Learning (2016), section 9.5.
        """
        (x,) = inputs
        w = parameters["w"]
        y = x.backend.convolution_2d(x, w, parameters.get("b"), **self.geometry)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            backend = dy.backend
            if not self.frozen:
                backend.convolution_2d_weight_gradient(x, dy, gradients["w"], gradients.get("b"), **self.geometry)
            if not self.needs_input_gradient:
                return (None,)
            return (backend.convolution_2d_data_gradient(dy, w, x_shape=x.shape, **self.geometry),)

        return (y,), backward
