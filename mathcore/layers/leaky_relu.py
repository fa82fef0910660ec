"""The rectifier that lets a little of what is negative through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mathcore.array import NDArray
from mathcore.functions.searching import where
from mathcore.fusion import fused
from mathcore.layers.activation import Activation
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings


@register_layer("leaky_relu")
class LeakyReLU(Activation):
    """x where it is positive, else slope * x. Params: ``slope`` (default 0.01).

    Source:
        Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013).
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=("slope",))
        slope = self.slope = settings.number("slope", minimum=-1e6, maximum=1e6, default=0.01)

        @fused  # the slope is a constant of this layer's own kernels
        def value(x: NDArray) -> NDArray:
            return where(x > 0, x, x * slope)

        @fused
        def gradient(dy: NDArray, x: NDArray) -> NDArray:
            return where(x > 0, dy, dy * slope)

        self._value, self._gradient = value, gradient

    def value(self, x: NDArray) -> NDArray:
        return self._value(x)

    def gradient(self, dy: NDArray, x: NDArray, y: NDArray) -> NDArray:
        return self._gradient(dy, x)
