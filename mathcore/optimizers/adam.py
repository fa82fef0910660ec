"""Adam and AdamW: running means of gradients and squared gradients, corrected for having started as zeros."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import localcontext

from mathcore.array import NDArray
from mathcore.functions.arithmetic import sqrt, square
from mathcore.optimizers.creation import Chain, register_optimizer
from mathcore.optimizers.decimals import CONTEXT, one_minus_power
from mathcore.optimizers.settings import check_range
from mathcore.optimizers.sgd import Descend
from mathcore.optimizers.tracing import Numbers, State
from mathcore.optimizers.transformation import Transformation, register_transformation
from mathcore.optimizers.weight_decay import DecoupledDecay

BELOW_ONE = 1 - 2**-24


@register_transformation("adam")
class ScaleByAdam(Transformation):
    """m = beta1 m + (1 - beta1) u; v = beta2 v + (1 - beta2) u^2; (m / c1) / (sqrt(v / c2) + epsilon).

    c1 = 1 - beta1^(step + 1) and c2 = 1 - beta2^(step + 1) come as 1 / c1 and 1 / sqrt(c2), so that products take the
    place of quotients.
    """

    state = ("mean", "mean_square")

    def __init__(self, *, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.beta1 = check_range("beta1", beta1, minimum=0, maximum=BELOW_ONE)
        self.beta2 = check_range("beta2", beta2, minimum=0, maximum=BELOW_ONE)
        self.epsilon = check_range("epsilon", epsilon, minimum=0, maximum=1)

    def numbers(self, step: int, norm: float) -> Mapping[str, float]:
        with localcontext(CONTEXT):
            return {
                "mean_correction": float(1 / one_minus_power(self.beta1, step + 1)),
                "root_correction": float(1 / one_minus_power(self.beta2, step + 1).sqrt()),
            }

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        mean = self.beta1 * state.mean + (1 - self.beta1) * u
        mean_square = self.beta2 * state.mean_square + (1 - self.beta2) * square(u)
        state.mean, state.mean_square = mean, mean_square
        return numbers.mean_correction * mean / (numbers.root_correction * sqrt(mean_square) + self.epsilon)


@register_optimizer("adam")
def adam(*, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Chain:
    """w = w - rate * (m / c1) / (sqrt(v / c2) + epsilon), with m, v and c as in ``ScaleByAdam``.

    Source:
        Kingma, Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1.
    """
    return ScaleByAdam(beta1=beta1, beta2=beta2, epsilon=epsilon), Descend()


@register_optimizer("adamw")
def adamw(*, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, weight_decay: float = 0.01) -> Chain:
    """Adam, and w shrinks by rate * weight_decay * w beside it: the decay does not go through the means.

    Source:
        Loshchilov, Hutter, Decoupled Weight Decay Regularization (2019), algorithm 2, with the decay times the learning
        rate as in PyTorch.
    """
    return ScaleByAdam(beta1=beta1, beta2=beta2, epsilon=epsilon), Descend(), DecoupledDecay(weight_decay=weight_decay)
