"""Stochastic gradient descent with momentum, and Nesterov's form of it."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.optimizers.creation import Chain, register_optimizer
from mathcore.optimizers.settings import check_range
from mathcore.optimizers.tracing import Numbers, State
from mathcore.optimizers.transformation import Transformation, register_transformation
from mathcore.optimizers.weight_decay import WeightDecay


@register_transformation("momentum")
class Momentum(Transformation):
    """v = momentum * v - rate * u; v is the change.

    The learning rate is inside, as in Caffe: a rate that falls leaves the velocity as it is. PyTorch multiplies v by
    the rate afterwards; with a constant rate both are the same.
    """

    state = ("velocity",)

    def __init__(self, *, momentum: float = 0.9) -> None:
        self.momentum = check_range("momentum", momentum, minimum=0, maximum=1)

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        velocity = self.momentum * state.velocity - numbers.rate * u
        state.velocity = velocity
        return velocity


@register_transformation("nesterov")
class Nesterov(Momentum):
    """v = momentum * v - rate * u; momentum * v - rate * u, with the new v, is the change."""

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        slope = numbers.rate * u
        velocity = self.momentum * state.velocity - slope
        state.velocity = velocity
        return self.momentum * velocity - slope


@register_optimizer("momentum")
def momentum(*, momentum: float = 0.9, weight_decay: float = 0.0) -> Chain:
    """v = momentum * v - rate * (gradient + weight_decay * w); w = w + v.

    The decay is there even if it is 0, so that the bits are those of this formula to the signs of zeros.

    Source:
        Polyak (1964); in this form Krizhevsky, Sutskever, Hinton (2012), section 5.
    """
    return WeightDecay(weight_decay=weight_decay), Momentum(momentum=momentum)


@register_optimizer("nesterov")
def nesterov(*, momentum: float = 0.9) -> Chain:
    """v = momentum * v - rate * gradient; w = w + momentum * v - rate * gradient.

    Source:
        Nesterov (1983); Sutskever, Martens, Dahl, Hinton, On the Importance of Initialization and Momentum (2013), with
        the gradient taken at w, as in Caffe and PyTorch.
    """
    return (Nesterov(momentum=momentum),)
