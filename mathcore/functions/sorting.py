"""Sorting along an axis. Equal elements always keep their order; NaN counts as larger than all numbers."""

from __future__ import annotations

from collections.abc import Callable

from mathcore.array import NDArray
from mathcore.functions.elementwise import Operand
from mathcore.functions.operands import normalize_axis, to_array

__all__ = ["argsort", "sort"]


def argsort(x: Operand, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> NDArray:
    """Return the int32 places that sort ``x`` along ``axis``.

    Args:
        x: an array of at least one axis.
        axis: the axis to sort along.
        descending: largest first; equal elements keep their order all the same.
        stable: has no effect, the order is always kept.
    Raises:
        ShapeError: if there is no such axis.
    """
    array = to_array("argsort", x)
    return _along("argsort", array, axis, lambda rows: array.backend.argsort(rows, descending=descending))


def sort(x: Operand, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> NDArray:
    """Return ``x`` sorted along ``axis``.

    Args:
        x: an array of at least one axis.
        axis: the axis to sort along.
        descending: largest first; equal elements keep their order all the same.
        stable: has no effect, the order is always kept.
    Raises:
        ShapeError: if there is no such axis.
    """
    array = to_array("sort", x)
    return _along("sort", array, axis, lambda rows: array.backend.sort(rows, descending=descending))


def _along(name: str, x: NDArray, axis: int, function: Callable[[NDArray], NDArray]) -> NDArray:
    """Return ``function``, which works along the last axis, of ``x`` along ``axis``."""
    number, last = normalize_axis(name, axis, x.ndim), x.ndim - 1
    if number == last:
        return function(x)
    exchanged = tuple({number: last, last: number}.get(place, place) for place in range(x.ndim))
    return x.backend.transpose(function(x.backend.transpose(x, exchanged)), exchanged)
