"""Checks of settings, which come from strangers. Whoever creates the thing puts its name in front of the message."""

from __future__ import annotations

import math
from typing import Any

from mathcore.errors import OptimizerError
from mathcore.layers.settings import shown

LARGEST_STEP = 10**9


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
    """Return a setting that is a list of objects, each with a ``type``.

    Raises:
        OptimizerError: if it is not.
    """
    if not isinstance(value, list) or not value or not all(isinstance(x, dict) and "type" in x for x in value):
        raise OptimizerError(f'expected {name} to be a list of objects with a "type", got {shown(value)}')
    return value
