"""Checks of settings, which come from strangers. Whoever creates the thing puts its name in front of the message."""

from __future__ import annotations

import math
from typing import Any

from mathcore.errors import OptimizerError
from mathcore.layers.settings import shown

LARGEST_STEP = 10**9
LONGEST_LIST = 100


def check_range(name: str, value: object, *, minimum: float, maximum: float) -> float:
    """Return a setting as a float.

    Raises:
        OptimizerError: if it is no number of ``minimum`` to ``maximum``.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not minimum <= value <= maximum or not math.isfinite(value):  # type: ignore[operator,arg-type]
        raise OptimizerError(
            f"expected {name} to be a number of {minimum:g} to {maximum:g}, got {shown(value)}; correct the setting"
        )
    return float(value)  # type: ignore[arg-type]


def check_whole(name: str, value: object, *, minimum: int, maximum: int = LARGEST_STEP) -> int:
    """Return a setting that is a whole number.

    Raises:
        OptimizerError: if it is none of ``minimum`` to ``maximum``.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
        raise OptimizerError(
            f"expected {name} to be a whole number of {minimum} to {maximum}, got {shown(value)}; correct the setting"
        )
    return value


def check_objects(name: str, value: object) -> list[dict[str, Any]]:
    """Return a setting that is a list of 1 to 100 objects, each with a ``type``.

    Raises:
        OptimizerError: if it is not.
    """
    short = isinstance(value, list) and 1 <= len(value) <= LONGEST_LIST
    if not short or not all(isinstance(x, dict) and "type" in x for x in value):  # type: ignore[attr-defined]
        raise OptimizerError(
            f'expected {name} to be a list of 1 to {LONGEST_LIST} objects with a "type", got {shown(value)}; correct it'
        )
    return value  # type: ignore[return-value]


def check_steps(name: str, value: object) -> tuple[int, ...]:
    """Return a setting that is a list of up to 100 steps, ascending.

    Raises:
        OptimizerError: if it is not.
    """
    short = isinstance(value, list) and len(value) <= LONGEST_LIST
    steps = [check_whole(f"every one of {name}", x, minimum=1) for x in value] if short else []  # type: ignore[attr-defined]
    if not short or steps != sorted(set(steps)):
        raise OptimizerError(
            f"expected {name} to be a list of up to {LONGEST_LIST} ascending steps, got {shown(value)}; correct it"
        )
    return tuple(steps)
