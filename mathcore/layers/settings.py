"""Reading a layer's JSON ``params``: types and ranges are checked here, and what is wrong is said in one line."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.errors import NetworkError

MAXIMUM_LENGTH = 2**31
MAXIMUM_AXES = 8
MAXIMUM_NUMBER = 3e38
"""What float32 holds."""
LONGEST_COMPARED = 64
LENGTH_DIFFERENCE = 4
MOST_COMPARED = 1000


def shown(value: object) -> str:
    """Return ``value`` as text that is short whatever it is."""
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value[:8]):
        return f"[{', '.join(shown(item) for item in value[:8])}{', ...' if len(value) > 8 else ''}]"
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, str) and len(value) > 60:
        return repr(value[:60]) + "..."
    return repr(value) if isinstance(value, str | int | float | None) else type(value).__name__


def suggestion(name: str, known: Sequence[str]) -> str:
    """Return ``did you mean "x"? `` for the nearest known name, or nothing if none is near.

    Long names are not compared, and many only in part: the comparison is quadratic, and both come from strangers.
    """
    if len(name) > LONGEST_COMPARED:
        return ""
    similar = [other for other in known if abs(len(other) - len(name)) <= LENGTH_DIFFERENCE]
    near = difflib.get_close_matches(name, similar[:MOST_COMPARED], n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"? ' if near else ""


class Settings:
    """The ``params`` of one layer.

    Every method returns one setting and raises ``NetworkError`` naming the layer if it is missing or cannot be used.
    """

    def __init__(self, layer: str, params: Mapping[str, Any], *, known: Sequence[str]) -> None:
        """Take the ``params`` of ``layer`` (``type "name"``), of which only the ``known`` ones may occur.

        Raises:
            NetworkError: if there is another one; suggests the nearest.
        """
        self.layer = layer
        self.params = params
        for name in params:
            if name not in known:
                names = ", ".join(known) or "none"
                raise NetworkError(f"{layer}: unknown param {shown(name)}; {suggestion(name, known)}params: {names}")

    def integer(self, name: str, *, minimum: int, maximum: int = MAXIMUM_LENGTH) -> int:
        """Return a whole number of ``minimum`` to ``maximum``."""
        value = self._required(name, f"a whole number of {minimum} to {maximum}")
        if not _is_integer(value, minimum, maximum):
            raise self._error(name, f"a whole number of {minimum} to {maximum}", value)
        return int(value)

    def optional_integer(self, name: str, *, minimum: int) -> int | None:
        """Return a whole number, or None if it is not given."""
        return self.integer(name, minimum=minimum) if name in self.params else None

    def number(self, name: str, *, minimum: float, maximum: float, default: float) -> float:
        """Return a number of ``minimum`` to ``maximum``."""
        value = self.params.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not minimum <= value <= maximum:
            raise self._error(name, f"a number of {minimum:g} to {maximum:g}", value)
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.params.get(name, default)
        if not isinstance(value, bool):
            raise self._error(name, "true or false", value)
        return value

    def pair(self, name: str, *, minimum: int, maximum: int, default: int | None = None) -> tuple[int, int]:
        """Return (height, width) from a whole number or a list [height, width]."""
        expected = f"a whole number of {minimum} to {maximum} or [height, width]"
        value = self._required(name, expected) if default is None else self.params.get(name, default)
        pair = value if isinstance(value, list) else [value, value]
        if len(pair) != 2 or not all(_is_integer(item, minimum, maximum) for item in pair):
            raise self._error(name, expected, value)
        return pair[0], pair[1]

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a list of positive whole numbers whose product is bounded."""
        expected = f"a list of 1 to {MAXIMUM_AXES} positive whole numbers of product up to {MAXIMUM_LENGTH}"
        value = self._required(name, expected)
        if not isinstance(value, list) or not 1 <= len(value) <= MAXIMUM_AXES:
            raise self._error(name, expected, value)
        if not all(_is_integer(item, 1, MAXIMUM_LENGTH) for item in value) or math.prod(value) > MAXIMUM_LENGTH:
            raise self._error(name, expected, value)
        return tuple(value)

    def choice(self, name: str, allowed: Sequence[str], *, default: str | None = None) -> str:
        """Return one of the ``allowed`` words."""
        expected = " or ".join(f'"{word}"' for word in allowed)
        value = self._required(name, expected) if default is None else self.params.get(name, default)
        if not isinstance(value, str) or value not in allowed:
            raise self._error(name, expected, value)
        return value

    def numbers(self, name: str, *, longest: int) -> tuple[float, ...]:
        """Return a list of 1 to ``longest`` finite numbers, also from a single number; none if it is not given."""
        if name not in self.params:
            return ()
        value = self.params[name]
        items = value if isinstance(value, list) else [value]
        if not 1 <= len(items) <= longest or not all(is_number(item) for item in items):
            raise self._error(name, f"a number or a list of 1 to {longest} numbers", value)
        return tuple(float(item) for item in items)

    def text(self, name: str, *, default: str, maximum: int = 1024) -> str:
        """Return a string of bounded length."""
        value = self.params.get(name, default)
        if not isinstance(value, str) or len(value) > maximum:
            raise self._error(name, f"a string of up to {maximum} characters", value)
        return value

    def _required(self, name: str, expected: str) -> Any:
        if name not in self.params:
            raise NetworkError(f"{self.layer}: expected param {name} ({expected}), got none; add it to params")
        return self.params[name]

    def _error(self, name: str, expected: str, value: object) -> NetworkError:
        return NetworkError(f"{self.layer}: expected {name} to be {expected}, got {shown(value)}; correct the params")


def is_number(value: object) -> bool:
    """Return whether a value of JSON is a number that float32 holds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -MAXIMUM_NUMBER <= value <= MAXIMUM_NUMBER


def _is_integer(value: object, minimum: int, maximum: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum
