"""Local steps: a shard makes several updates of its own, and what travels is how far they led.

    x[0] = parameters of the run, optimizer state 0
    x[h + 1] = optimizer's update of x[h], from the shard's gradient in batch step * H + h,   h = 0 .. H - 1
    sent: x[0] - x[H], behind it the running statistics of x[H]
    update of the run: parameters - mean of what was sent

So H local steps take the examples of H ordinary steps, and the bytes of one. A shard keeps nothing for the next step.

Source: McMahan et al., arXiv 1602.05629 (federated averaging); Wang et al., arXiv 1910.00643 (the reset).
"""

from __future__ import annotations

from collections.abc import Callable

from grid.gradient_parts import copy_running
from mathcore.array import NDArray
from mathcore.network import Layout
from mathcore.optimizers import Multipliers, Optimizer


class LocalSteps:
    """Makes the local steps of a shard on the parameters of a session, and puts those back."""

    def __init__(
        self, optimizer: Optimizer, parameters: NDArray, layout: Layout, multipliers: Multipliers | None
    ) -> None:
        """Take the parameters (P,) of the session, and memory for one vector more."""
        self._optimizer = optimizer
        self._parameters = parameters
        self._layout = layout
        self._multipliers = multipliers
        self._start = parameters.backend.zeros(parameters.shape)

    def run(self, first: int, count: int, gradient: Callable[[int], tuple[NDArray, float]]) -> tuple[NDArray, float]:
        """Make ``count`` local steps and return what travels (P,), and the mean of their losses.

        Args:
            first: number of the first one, counted over the whole run; the learning rate follows from it.
            count: H, at least one.
            gradient: gives gradient (P,) and loss at the parameters as they are, for the number of a local step.
        Raises:
            DivergedError: as ``gradient`` does.
        """
        backend, parameters, size = self._parameters.backend, self._parameters, self._layout.learned_size
        backend.copy(parameters, self._start)
        state = backend.zeros((self._optimizer.state_size(size),))
        total = 0.0
        try:
            for local in range(count):
                vector, loss = gradient(first + local)
                total += loss
                self._optimizer.update(
                    parameters, state, vector,
                    step=first + local, state_step=local, size=size, multipliers=self._multipliers,
                )  # fmt: skip
                copy_running(vector, parameters, self._layout)
            moved = backend.elementwise("subtract", self._start, parameters)
            copy_running(parameters, moved, self._layout)
        finally:
            backend.copy(self._start, parameters)
        return moved, total / count


def move(parameters: NDArray, mean: NDArray, layout: Layout) -> None:
    """Subtract the mean (P,) of what the shards sent from the parameters; its running statistics replace theirs."""
    parameters.backend.accumulate(parameters, mean, -1.0)
    copy_running(mean, parameters, layout)
