"""A learned factor for each channel."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Filler, Layer, ParameterSpec, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import check_channels


@register_layer("scale")
class Scale(Layer):
    """``y = x * gamma + beta`` with one of each a channel, the last axis; at first 1 and 0: (..., C) to (..., C).

    Params: ``bias``: whether ``beta`` is learned (default false: there is none); ``in_size`` C (optional, checked).
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=("bias", "in_size"))
        self.bias = settings.flag("bias", default=False)
        self.in_size = settings.optional_integer("in_size", minimum=1)

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        self.in_size = check_channels(self, inputs[0], in_size=self.in_size)
        return (inputs[0],)

    def parameter_specs(self) -> dict[str, ParameterSpec]:
        assert self.in_size is not None, "infer_shapes comes first"
        gamma = ParameterSpec((self.in_size,), Filler("constant", 1.0))
        return {"gamma": gamma, "beta": ParameterSpec((self.in_size,))} if self.bias else {"gamma": gamma}

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` of ``x`` (N, ..., C) float32 with ``gamma`` (C,) and ``beta`` (C,), and ``backward``."""
        (x,) = inputs
        gamma = parameters["gamma"]
        y = x * gamma
        if self.bias:
            y = y + parameters["beta"]

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            backend, rows = dy.backend, (math.prod(dy.shape[:-1]), dy.shape[-1])
            backend.copy(backend.reduce("sum", backend.reshape(dy * x, rows), 0), gradients["gamma"])
            if self.bias:
                backend.copy(backend.reduce("sum", backend.reshape(dy, rows), 0), gradients["beta"])
            return (dy * gamma if self.needs_input_gradient else None,)

        return (y,), backward
