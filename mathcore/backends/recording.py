"""What ``Backend.record`` returns: a function whose work on the device can be done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
Result_co = TypeVar("Result_co", covariant=True)


class Recording(Protocol[Result_co]):
    """The work that a function gave the device.

    Attributes:
        planned_bytes: device memory that it holds for temporaries; 0 where they come and go.
        reason: why a replay calls the function again instead of repeating its work; None: it does not.
    """

    planned_bytes: int
    reason: str | None

    @property
    def result(self) -> Result_co:
        """What the function returned. The next replay overwrites its arrays."""

    def replay(self) -> Result_co:
        """Do the work again, on the values that the same arrays hold now, and return the result."""


class RepeatedCall(Generic[T]):
    """A recording that calls the function again."""

    planned_bytes = 0

    def __init__(self, function: Callable[[], T], result: T, reason: str | None) -> None:
        self._function = function
        self._result = result
        self.reason = reason

    @property
    def result(self) -> T:
        """What the function returned last."""
        return self._result

    def replay(self) -> T:
        """Call the function."""
        self._result = self._function()
        return self._result
