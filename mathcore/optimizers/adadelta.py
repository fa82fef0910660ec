"""AdaDelta: steps in the units of the parameters, from running means of squared gradients and squared steps."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.arithmetic import sqrt, square
from mathcore.optimizers.creation import Chain, register_optimizer
from mathcore.optimizers.settings import check_range
from mathcore.optimizers.sgd import Descend
from mathcore.optimizers.tracing import Numbers, State
from mathcore.optimizers.transformation import Transformation, register_transformation


@register_transformation("adadelta")
class ScaleByAdaDelta(Transformation):
    """d = sqrt(t + epsilon) / sqrt(s + epsilon) * u, with running means s of u^2, up to now, and t of d^2, before.

    s = decay * s + (1 - decay) * u^2; t = decay * t + (1 - decay) * d^2.
    """

    state = ("mean_square", "mean_square_step")

    def __init__(self, *, decay: float = 0.9, epsilon: float = 1e-6) -> None:
        self.decay = check_range("decay", decay, minimum=0, maximum=1)
        self.epsilon = check_range("epsilon", epsilon, minimum=0, maximum=1)

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        state.mean_square = self.decay * state.mean_square + (1 - self.decay) * square(u)
        root = sqrt(state.mean_square_step + self.epsilon) / sqrt(state.mean_square + self.epsilon)
        change = root * u
        state.mean_square_step = self.decay * state.mean_square_step + (1 - self.decay) * square(change)
        return change


@register_optimizer("adadelta")
def adadelta(*, decay: float = 0.9, epsilon: float = 1e-6) -> Chain:
    """w = w - rate * d, with d as in ``ScaleByAdaDelta``; the paper's rate is 1. ``decay`` is rho in PyTorch.

    Source:
        Zeiler, ADADELTA: An Adaptive Learning Rate Method (2012), algorithm 1.
    """
    return ScaleByAdaDelta(decay=decay, epsilon=epsilon), Descend()
