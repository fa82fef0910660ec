"""Blobs of any shape as vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings


@register_layer("flatten")
class Flatten(Layer):
    """The elements of each example in memory order, without a copy: (...) to (I,). No params."""

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        Settings(str(self), params, known=())

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return ((math.prod(inputs[0]),),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``x`` (N, ...) as (N, I), and ``backward``; both share memory with what they are given."""
        (x,) = inputs
        shape = x.shape

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return (dy.backend.reshape(dy, shape),)

        return (x.backend.reshape(x, (shape[0], math.prod(shape[1:]))),), backward
