"""The rectifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings


@register_layer("relu")
class ReLU(Layer):
    """max(x, 0), element by element, on blobs of any shape. No params."""

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        Settings(str(self), params, known=())

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return (inputs[0],)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y = max(x, 0)`` and ``backward``, which lets the gradient through where ``y`` > 0.

        Source:
            Nair, Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines (2010).
        """
        (x,) = inputs
        y = x.backend.relu(x)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return (dy.backend.relu_gradient(dy, y),)

        return (y,), backward
