"""Stochastic gradient descent with momentum and weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.optimizers.optimizer import check_range
from mathcore.optimizers.registry import register_optimizer

if TYPE_CHECKING:
    from mathcore.array import NDArray


@register_optimizer("momentum")
class Momentum:
    """v = momentum * v - learning_rate * (gradient + weight_decay * w); w = w + v. The state is v.

    Padding of the vectors is zero in w, v and gradient, and so stays zero.
    """

    name = "momentum"

    def __init__(self, *, learning_rate: float, momentum: float = 0.9, weight_decay: float = 0.0) -> None:
        """Take the settings.

        Raises:
            OptimizerError: if one is out of range.
        """
        self.learning_rate = check_range(self.name, "learning_rate", learning_rate, minimum=0, maximum=1000)
        self.momentum = check_range(self.name, "momentum", momentum, minimum=0, maximum=1)
        self.weight_decay = check_range(self.name, "weight_decay", weight_decay, minimum=0, maximum=1)

    def state_size(self, layout_size: int) -> int:
        return layout_size

    def update(self, parameters: NDArray, state: NDArray, gradient: NDArray) -> None:
        parameters.backend.momentum_update(
            parameters,
            state,
            gradient,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
        )
