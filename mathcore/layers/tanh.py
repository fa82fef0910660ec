"""The hyperbolic tangent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mathcore.array import NDArray
from mathcore.functions.trigonometric import tanh
from mathcore.fusion import fused
from mathcore.layers.activation import Activation
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings


@register_layer("tanh")
class Tanh(Activation):
    """tanh(x). No params."""

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        Settings(str(self), params, known=())

    def value(self, x: NDArray) -> NDArray:
        return tanh(x)

    def gradient(self, dy: NDArray, x: NDArray, y: NDArray) -> NDArray:
        return _gradient(dy, y)


@fused
def _gradient(dy: NDArray, y: NDArray) -> NDArray:
    return dy * (1 - y * y)
