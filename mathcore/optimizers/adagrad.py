"""AdaGrad: each parameter's rate falls with the squares of all its gradients."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.arithmetic import sqrt, square
from mathcore.optimizers.creation import Chain, register_optimizer
from mathcore.optimizers.settings import check_range
from mathcore.optimizers.sgd import Descend
from mathcore.optimizers.tracing import Numbers, State
from mathcore.optimizers.transformation import Transformation, register_transformation


@register_transformation("adagrad")
class ScaleByAdaGrad(Transformation):
    """s = s + u^2; u / (sqrt(s) + epsilon)."""

    state = ("squares",)

    def __init__(self, *, epsilon: float = 1e-10) -> None:
        self.epsilon = check_range("epsilon", epsilon, minimum=0, maximum=1)

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        state.squares = state.squares + square(u)
        return u / (sqrt(state.squares) + self.epsilon)


@register_optimizer("adagrad")
def adagrad(*, epsilon: float = 1e-10) -> Chain:
    """s = s + gradient^2; w = w - rate * gradient / (sqrt(s) + epsilon).

    Source:
        Duchi, Hazan, Singer, Adaptive Subgradient Methods (2011), the diagonal form.
    """
    return ScaleByAdaGrad(epsilon=epsilon), Descend()
