"""Taking elements by their places along an axis. Negative places count from the end; those out of range are refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from mathcore.array import NDArray
from mathcore.errors import DTypeError, ShapeError
from mathcore.functions.operands import normalize_axis, to_array
from mathcore.indexing import get

__all__ = ["take", "take_along_axis"]


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> NDArray:
    """Return the parts of ``x`` at the places ``indices`` along an axis.

    Args:
        x: the array.
        indices: whole numbers of any shape, which takes the place of the axis.
        axis: the axis; may be left out where ``x`` has one only.
    Raises:
        ShapeError: if there is no such axis, or it is left out where there are several.
        IndexError: if a place is out of range.
        DTypeError: if ``indices`` are no whole numbers.
        DeviceError: if arrays of two devices meet.
    """
    array, places = to_array("take", x), _whole("take", indices)
    if axis is None and array.ndim != 1:
        raise ShapeError(f"take: expected an axis for an array of shape {array.shape}, got None")
    axis = normalize_axis("take", 0 if axis is None else axis, array.ndim)
    return get(array, (*(slice(None),) * axis, places))


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> NDArray:
    """Return y with y[i, j, ...] = x[i, indices[i, j, ...], ...], the index standing at ``axis``.

    Args:
        x: the array.
        indices: whole numbers, with as many axes as ``x``; all but ``axis`` broadcast.
        axis: the axis along which to take.
    Raises:
        ShapeError: if there is no such axis, or the shapes do not fit.
        IndexError: if a place is out of range.
        DTypeError: if ``indices`` are no whole numbers.
        DeviceError: if arrays of two devices meet.
    """
    array, places = to_array("take_along_axis", x), _whole("take_along_axis", indices)
    axis = normalize_axis("take_along_axis", axis, array.ndim)
    pairs = [pair for place, pair in enumerate(zip(array.shape, places.shape, strict=False)) if place != axis]
    if places.ndim != array.ndim or any(a != b and 1 not in (a, b) for a, b in pairs):
        raise ShapeError(
            f"take_along_axis: expected indices that broadcast to {array.shape} but for axis {axis}, got {places.shape}"
        )
    key: list[Any] = [
        np.arange(length, dtype=np.int32).reshape(-1, *(1,) * (array.ndim - 1 - place))
        for place, length in enumerate(array.shape)
    ]
    key[axis] = places
    return get(array, tuple(key))


def _whole(name: str, indices: Any) -> np.ndarray | NDArray:
    """Return indices as an array where they are: lists are checked on the host."""
    array = indices if isinstance(indices, NDArray) else np.asarray(indices)
    if array.size == 0 and isinstance(indices, list | tuple):
        array = array.astype(np.int32)
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{name}: expected whole numbers as indices, got {array.dtype}; convert them with astype")
    return array
