"""Softmax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import ShapeError
from mathcore.functions.exponential import exp
from mathcore.fusion import fused
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import with_examples


@register_layer("softmax")
class Softmax(Layer):
    """exp(x) / sum of exp(x) along the last axis, the channels: (..., C) to (..., C). No params."""

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        Settings(str(self), params, known=())

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        if not x:
            raise ShapeError(f"{self}: expected x of shape (N, ..., C), got {with_examples(x)}; give it scores")
        return (x,)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` (N, ..., C) float32, and ``backward``.

        The maximum is taken off first, so that no exponential overflows.

        Source:
            Goodfellow, Bengio, Courville, Deep Learning (2016), section 4.1.
        """
        (x,) = inputs
        powers = _powers(x, _along(x, "max"))
        y = powers / _along(powers, "sum")

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return (_gradient(dy, y, _along(dy * y, "sum")),)

        return (y,), backward


def _along(x: NDArray, operation: str) -> NDArray:
    """Reduce the last axis to length 1."""
    return x.backend.reshape(x.backend.reduce(operation, x, x.ndim - 1), (*x.shape[:-1], 1))


@fused
def _powers(x: NDArray, largest: NDArray) -> NDArray:
    return exp(x - largest)


@fused
def _gradient(dy: NDArray, y: NDArray, total: NDArray) -> NDArray:
    return (dy - total) * y
