"""Weight decay: penalties on the parameters, as part of the gradient or beside it."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.arithmetic import sign
from mathcore.optimizers.settings import check_range
from mathcore.optimizers.tracing import Numbers, State
from mathcore.optimizers.transformation import Transformation, register_transformation


@register_transformation("weight_decay")
class WeightDecay(Transformation):
    """u + weight_decay * w: the gradient of weight_decay / 2 * |w|^2 is added (L2)."""

    def __init__(self, *, weight_decay: float) -> None:
        self.weight_decay = check_range("weight_decay", weight_decay, minimum=0, maximum=1)

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        return u + self.weight_decay * numbers.decay_mult * w


@register_transformation("l1_decay")
class L1Decay(Transformation):
    """u + l1_decay * sign(w): the gradient of l1_decay * |w|_1 is added."""

    def __init__(self, *, l1_decay: float) -> None:
        self.l1_decay = check_range("l1_decay", l1_decay, minimum=0, maximum=1)

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        return u + self.l1_decay * numbers.decay_mult * sign(w)


@register_transformation("decoupled_decay")
class DecoupledDecay(Transformation):
    """u - rate * weight_decay * w: behind the step, so that the decay takes part in no mean."""

    def __init__(self, *, weight_decay: float) -> None:
        self.weight_decay = check_range("weight_decay", weight_decay, minimum=0, maximum=1)

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        return u - numbers.rate * (self.weight_decay * numbers.decay_mult) * w
