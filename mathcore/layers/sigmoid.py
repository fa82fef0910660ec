"""The logistic function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mathcore.array import NDArray
from mathcore.functions.exponential import exp
from mathcore.fusion import fused
from mathcore.layers.activation import Activation
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings


@register_layer("sigmoid")
class Sigmoid(Activation):
    """1 / (1 + exp(-x)). No params."""

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        Settings(str(self), params, known=())

    def value(self, x: NDArray) -> NDArray:
        return _value(x)

    def gradient(self, dy: NDArray, x: NDArray, y: NDArray) -> NDArray:
        return _gradient(dy, y)


@fused
def _value(x: NDArray) -> NDArray:
    return 1 / (exp(-x) + 1)  # where the exponential overflows, the quotient is 0 as it should be


@fused
def _gradient(dy: NDArray, y: NDArray) -> NDArray:
    return dy * y * (1 - y)
