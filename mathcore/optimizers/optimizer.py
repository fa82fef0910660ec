"""What every optimizer is: settings, and an update of the flat parameter vector in place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from mathcore.errors import OptimizerError

if TYPE_CHECKING:
    from mathcore.array import NDArray


class Optimizer(Protocol):
    """A rule that turns parameters, its own state and a mean gradient into the next parameters and state.

    Attributes:
        name: how jobs call it.
    """

    name: str

    def state_size(self, layout_size: int) -> int:
        """Return the length of the state vector for a parameter vector of that length; it starts as zeros."""

    def update(self, parameters: NDArray, state: NDArray, gradient: NDArray) -> None:
        """Take one step: change ``parameters`` and ``state`` in place. All float32; the same bits on every backend."""


def check_range(optimizer: str, name: str, value: float, *, minimum: float, maximum: float) -> float:
    """Return a setting as a float.

    Raises:
        OptimizerError: if it is no number of ``minimum`` to ``maximum``.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not minimum <= value <= maximum:
        raise OptimizerError(f"{optimizer}: expected {name} to be a number of {minimum} to {maximum}, got {value!r}")
    return float(value)
