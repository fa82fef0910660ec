"""Stochastic gradient descent without memory."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.optimizers.creation import Chain, register_optimizer
from mathcore.optimizers.tracing import Numbers, State
from mathcore.optimizers.transformation import Transformation, register_transformation


@register_transformation("descend")
class Descend(Transformation):
    """-rate * u: a step against the gradient, or against what is in its place."""

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        return -(numbers.rate * u)


@register_optimizer("sgd")
def sgd() -> Chain:
    """w = w - rate * gradient.

    Source:
        Robbins, Monro, A Stochastic Approximation Method (1951).
    """
    return (Descend(),)
