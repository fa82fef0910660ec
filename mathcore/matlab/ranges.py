"""Ranges of places as indices, ``colon(2, end)`` and ``colon(9, -2, 1)``, and ``end``, the last place of an axis."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

PLACE = re.compile(r"\s*(?:end\s*(?P<behind>[+-]\s*\d+)?|(?P<number>[+-]?\d+))\s*")


@dataclass(frozen=True)
class End:
    """The last place of the axis that an index stands for, or a number computed from it: ``end - 1``, ``end / 2``.

    Attributes:
        value: gives the number for the length of the axis.
        text: how it was written, for messages.
    """

    value: Callable[[float], float]
    text: str = "end"

    def __add__(self, number: float) -> End:
        return self._then(operator.add, number, "+")

    def __sub__(self, number: float) -> End:
        return self._then(operator.sub, number, "-")

    def __mul__(self, number: float) -> End:
        return self._then(operator.mul, number, "*")

    def __truediv__(self, number: float) -> End:
        return self._then(operator.truediv, number, "/")

    def __floordiv__(self, number: float) -> End:
        return self._then(operator.floordiv, number, "//")

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, number: float) -> End:
        return End(lambda length: number - self.value(length), f"({number} - {self.text})")

    def _then(self, operation: Callable[[float, float], float], number: float, sign: str) -> End:
        return End(lambda length: operation(self.value(length), number), f"({self.text} {sign} {number})")

    def __repr__(self) -> str:
        return self.text


end = End(lambda length: length)

Place = int | float | End


class Colon:
    """A range of places: all, ``first:last`` or ``first:step:last``, both ends included.

    Attributes:
        start: the first place; None for all.
        step: how far the next one is.
        stop: where to stop; None for all.
    """

    __slots__ = ("start", "step", "stop")

    def __init__(self, start: Place | None = None, stop_step: Place | None = None, stop: Place | None = None) -> None:
        if (start is None) != (stop_step is None):
            raise IndexError(f"colon: expected no, two or three numbers, got {start}; write colon({start}, end)")
        self.start = start
        self.step: Place = 1 if stop is None or stop_step is None else stop_step
        self.stop: Place | None = stop_step if stop is None else stop
        if self.step == 0:
            raise IndexError("colon: expected a step other than 0, got 0")

    @classmethod
    def fromstring(cls, text: str) -> Colon:
        """Return the range that is written as in MATLAB: ``"2:end-1"``, ``"end:-1:1"``, ``":"``.

        Raises:
            IndexError: if it is not of this form.
        """
        if text.strip() == ":":
            return cls()
        found = [PLACE.fullmatch(part) for part in text.split(":")]
        if len(found) not in (2, 3) or None in found:
            raise IndexError(f"colon: expected a text such as 2:end or 9:-2:1, got {text!r}")
        return cls(*(_place(match) for match in found if match))

    @property
    def all(self) -> bool:
        """Whether this is the colon alone, which stands for all places."""
        return self.start is None

    def __repr__(self) -> str:
        return ":" if self.all else f"{self.start}:{self.step}:{self.stop}"


def colon(start: Place | None = None, stop_step: Place | None = None, stop: Place | None = None) -> Colon:
    """Return a range for use as an index: ``colon()``, ``colon(first, last)`` or ``colon(first, step, last)``.

    Raises:
        IndexError: if there is one number, or the step is 0.
    """
    return Colon(start, stop_step, stop)


def _place(match: re.Match[str]) -> Place:
    if match["number"] is not None:
        return int(match["number"])
    return end + int(match["behind"].replace(" ", "")) if match["behind"] else end
