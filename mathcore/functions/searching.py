"""Places of extremes, of elements that are not 0, and in sorted vectors; choosing between two arrays."""

from __future__ import annotations

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.operations import Step
from mathcore.backends.shapes import contiguous_strides
from mathcore.dtypes import INDEX
from mathcore.dtypes import bool as bool_
from mathcore.errors import DTypeError, ShapeError
from mathcore.functions.elementwise import Operand
from mathcore.functions.operands import same_device, to_array, to_arrays
from mathcore.functions.reducing import Axes, reduce_axes

__all__ = ["argmax", "argmin", "count_nonzero", "nonzero", "searchsorted", "where"]


def argmax(x: Operand, /, *, axis: int | None = None, keepdims: bool = False) -> NDArray:
    """Return the int32 places of the first maxima along ``axis``, or in the flat array; of the first NaN if any.

    Raises:
        ShapeError: if there is no such axis, or no element along it.
    """
    return reduce_axes("argmax", to_array("argmax", x), axis, keepdims=keepdims)


def argmin(x: Operand, /, *, axis: int | None = None, keepdims: bool = False) -> NDArray:
    """Return the int32 places of the first minima along ``axis``, or in the flat array; of the first NaN if any.

    Raises:
        ShapeError: if there is no such axis, or no element along it.
    """
    return reduce_axes("argmin", to_array("argmin", x), axis, keepdims=keepdims)


def count_nonzero(x: Operand, /, *, axis: Axes = None, keepdims: bool = False) -> NDArray:
    """Return how many elements along ``axis`` are not 0, int32; NaN is not 0.

    Raises:
        ShapeError: if there is no such axis.
    """
    array = to_array("count_nonzero", x)
    ones = array.backend.chain((Step("cast", (0,), bool_), Step("cast", (1,), INDEX)), array)
    return reduce_axes("sum", ones, axis, keepdims=keepdims)


def nonzero(x: Operand, /) -> tuple[NDArray, ...]:
    """Return the places of the elements that are not 0, in their order: for each axis int32 (n,); waits for the device.

    Raises:
        ShapeError: if ``x`` has no axes.
    """
    array = to_array("nonzero", x)
    if array.ndim == 0:
        raise ShapeError("nonzero: expected at least one axis, got shape (); reshape it to (1,)")
    backend = array.backend
    flat = backend.nonzero(array)
    places = []
    for axis, (length, stride) in enumerate(zip(array.shape, contiguous_strides(array.shape), strict=True)):
        place = flat
        if stride != 1:
            place = backend.elementwise("floor_divide", place, backend.asarray(np.asarray(stride, INDEX)))
        if axis > 0:
            place = backend.elementwise("remainder", place, backend.asarray(np.asarray(length, INDEX)))
        places.append(place)
    return tuple(places)


def searchsorted(x1: Operand, x2: Operand, /, *, side: str = "left", sorter: NDArray | None = None) -> NDArray:
    """Return the int32 places at which the elements of ``x2`` go into ``x1``, so that it stays sorted.

    Args:
        x1: (n,) ascending, NaN last.
        x2: any shape, or a number.
        side: ``"left"`` gives the place before equal elements, ``"right"`` behind them.
        sorter: (n,) places that sort ``x1``, where it is not sorted itself.
    Raises:
        ShapeError: if ``x1`` or ``sorter`` is no vector of n elements.
        MathcoreError: if ``side`` is unknown.
        DTypeError: if ``sorter`` does not hold whole numbers.
        IndexError: if a place in ``sorter`` is not one of ``x1``.
    """
    ordered, values = to_arrays("searchsorted", x1, x2)
    if sorter is not None:
        ordered = _pick(ordered, sorter)
    return ordered.backend.searchsorted(ordered, values, side=side)


def where(condition: Operand, x1: Operand, x2: Operand, /) -> NDArray:
    """Return the elements of ``x1`` where ``condition`` (bool) holds, else those of ``x2``; all three broadcast.

    Raises:
        ShapeError: if the shapes do not broadcast.
        DTypeError: if ``condition`` is not bool, or the types of the others meet in none.
        DeviceError: if arrays of two devices meet.
    """
    like = next((x for x in (condition, x1, x2) if isinstance(x, NDArray)), None)
    chosen = to_array("where", condition, like)
    if not isinstance(x1, NDArray) and not isinstance(x2, NDArray):
        x1 = to_array("where", x1, chosen)
    a, b = to_arrays("where", x1, x2)
    return same_device("where", chosen, a, b).elementwise("where", chosen, a, b)


def _pick(x: NDArray, sorter: NDArray) -> NDArray:
    places = to_array("searchsorted", sorter, x)
    if places.dtype.kind not in "iu":
        raise DTypeError(f"searchsorted: expected a sorter of whole numbers, got {places.dtype}")
    if x.ndim != 1 or places.shape != x.shape:
        raise ShapeError(f"searchsorted: expected vectors of one length, got {x.shape} and sorter {places.shape}")
    backend = same_device("searchsorted", x, places)
    places = places.astype(INDEX, copy=False)
    if x.size == 0:
        return x
    least, largest = (backend.reduce(operation, places, None).item() for operation in ("min", "max"))
    if least < 0 or largest >= x.size:
        raise IndexError(f"searchsorted: expected a sorter of places 0 to {x.size - 1}, got {least} to {largest}")
    return backend.gather(x, places)
