"""The Gaussian error linear unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mathcore.array import NDArray
from mathcore.functions.exponential import exp
from mathcore.functions.trigonometric import tanh
from mathcore.fusion import fused
from mathcore.layers.activation import Activation
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings

CUBE = 0.044715


@register_layer("gelu")
class GELU(Activation):
    """x P(X <= x) for X of the standard normal distribution: x (1 + erf(x / sqrt(2))) / 2.

    Params: ``approximate`` "none" (default) or "tanh", the paper's x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3))) / 2.

    Source:
        Hendrycks, Gimpel, Gaussian Error Linear Units (2016).
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=("approximate",))
        self.approximate = settings.choice("approximate", ("none", "tanh"), default="none")

    def value(self, x: NDArray) -> NDArray:
        return _value(x) if self.approximate == "none" else _tanh_value(x)

    def gradient(self, dy: NDArray, x: NDArray, y: NDArray) -> NDArray:
        return _gradient(dy, x) if self.approximate == "none" else _tanh_gradient(dy, x)


def _distribution(x: NDArray) -> NDArray:
    return x.backend.elementwise("erf", x * math.sqrt(0.5)) * 0.5 + 0.5


def _bend(x: NDArray) -> NDArray:
    return tanh((x * x * x * CUBE + x) * math.sqrt(2 / math.pi))


@fused
def _value(x: NDArray) -> NDArray:
    return x * _distribution(x)


@fused
def _gradient(dy: NDArray, x: NDArray) -> NDArray:
    density = exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
    return dy * (_distribution(x) + x * density)


@fused
def _tanh_value(x: NDArray) -> NDArray:
    return x * (_bend(x) * 0.5 + 0.5)


@fused
def _tanh_gradient(dy: NDArray, x: NDArray) -> NDArray:
    t = _bend(x)
    slope = (x * x * (3 * CUBE) + 1) * math.sqrt(2 / math.pi)
    return dy * (t * 0.5 + 0.5 + x * 0.5 * (1 - t * t) * slope)
