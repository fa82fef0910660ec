"""RMSProp: each parameter's rate follows a running mean of its squared gradients."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.arithmetic import sqrt, square
from mathcore.optimizers.creation import Chain, register_optimizer
from mathcore.optimizers.momentum import Momentum
from mathcore.optimizers.settings import check_range
from mathcore.optimizers.sgd import Descend
from mathcore.optimizers.tracing import Numbers, State
from mathcore.optimizers.transformation import Transformation, register_transformation


@register_transformation("rmsprop")
class ScaleByRms(Transformation):
    """s = decay * s + (1 - decay) * u^2; u / (sqrt(s) + epsilon)."""

    state = ("mean_square",)

    def __init__(self, *, decay: float = 0.99, epsilon: float = 1e-8) -> None:
        self.decay = check_range("decay", decay, minimum=0, maximum=1)
        self.epsilon = check_range("epsilon", epsilon, minimum=0, maximum=1)

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        state.mean_square = self.decay * state.mean_square + (1 - self.decay) * square(u)
        return u / (sqrt(state.mean_square) + self.epsilon)


@register_optimizer("rmsprop")
def rmsprop(*, decay: float = 0.99, epsilon: float = 1e-8, momentum: float = 0.0) -> Chain:
    """s = decay * s + (1 - decay) * gradient^2; w = w - rate * gradient / (sqrt(s) + epsilon).

    With ``momentum``, the step goes through a velocity. ``decay`` is alpha in PyTorch.

    Source:
        Tieleman, Hinton, Neural Networks for Machine Learning, lecture 6.5 (2012).
    """
    scale = ScaleByRms(decay=decay, epsilon=epsilon)
    inertia = Momentum(momentum=momentum)
    return (scale, inertia) if inertia.momentum else (scale, Descend())
