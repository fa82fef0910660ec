"""Sets of elements: membership, and the different elements of an array in ascending order, each NaN one of its own.

An array is sorted once; the different elements are those that do not equal the one before. All but ``isin`` wait for
the device, since the shapes of their results depend on values.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mathcore.array import NDArray
from mathcore.dtypes import INDEX
from mathcore.dtypes import bool as bool_
from mathcore.functions.elementwise import Operand
from mathcore.functions.operands import to_array, to_arrays

__all__ = ["isin", "unique_all", "unique_counts", "unique_inverse", "unique_values"]


class UniqueAll(NamedTuple):
    """The different elements (n,), the flat places of the first of each, the shape of x in places of n, and counts."""

    values: NDArray
    indices: NDArray
    inverse_indices: NDArray
    counts: NDArray


class UniqueCounts(NamedTuple):
    """The different elements (n,), and how often each occurs."""

    values: NDArray
    counts: NDArray


class UniqueInverse(NamedTuple):
    """The different elements (n,), and for each element of x its place among them."""

    values: NDArray
    inverse_indices: NDArray


def isin(x1: Operand, x2: Operand, /, *, invert: bool = False) -> NDArray:
    """Return for each element of ``x1`` whether it is among those of ``x2``; with ``invert``, whether it is not.

    Raises:
        DTypeError: if the element types meet in none.
        DeviceError: if arrays of two devices meet.
    """
    elements, others = to_arrays("isin", x1, x2)
    backend = elements.backend
    if others.size == 0:
        nowhere = backend.zeros(elements.shape, bool_)
        return backend.elementwise("logical_not", nowhere) if invert else nowhere
    ordered = backend.sort(others.reshape(-1))
    places = backend.searchsorted(ordered, elements)
    last = backend.asarray(np.asarray(ordered.size - 1, INDEX))
    nearest = backend.gather(ordered, backend.elementwise("minimum", places, last))
    return backend.elementwise("not_equal" if invert else "equal", elements, nearest)


def unique_all(x: Operand, /) -> UniqueAll:
    """Return the different elements of ``x``, the first place of each, every element's place among them, and counts."""
    array = to_array("unique_all", x)
    backend = array.backend
    order, ordered = _sorted(array)
    changes = _changes(ordered)
    starts = backend.nonzero(changes)
    return UniqueAll(
        backend.gather(ordered, starts),
        backend.gather(order, starts),
        _inverse(array, order, changes),
        _counts(starts, array.size),
    )


def unique_counts(x: Operand, /) -> UniqueCounts:
    """Return the different elements of ``x`` and how often each occurs, int32."""
    array = to_array("unique_counts", x)
    ordered = array.backend.sort(array.reshape(-1))
    starts = array.backend.nonzero(_changes(ordered))
    return UniqueCounts(array.backend.gather(ordered, starts), _counts(starts, array.size))


def unique_inverse(x: Operand, /) -> UniqueInverse:
    """Return the different elements of ``x`` and, in its shape, each element's int32 place among them."""
    array = to_array("unique_inverse", x)
    backend = array.backend
    order, ordered = _sorted(array)
    changes = _changes(ordered)
    return UniqueInverse(backend.gather(ordered, backend.nonzero(changes)), _inverse(array, order, changes))


def unique_values(x: Operand, /) -> NDArray:
    """Return the different elements of ``x``."""
    array = to_array("unique_values", x)
    ordered = array.backend.sort(array.reshape(-1))
    return array.backend.gather(ordered, array.backend.nonzero(_changes(ordered)))


def _sorted(x: NDArray) -> tuple[NDArray, NDArray]:
    """Return the flat places that sort ``x``, and its elements in that order."""
    order = x.backend.argsort(x.reshape(-1))
    return order, x.backend.gather(x, order)


def _changes(ordered: NDArray) -> NDArray:
    """Return where an element of a sorted vector differs from the one before, as bool; the first one always does."""
    backend, n = ordered.backend, ordered.size
    changes = backend.empty((n,), bool_)
    if n:
        backend.write_strided(changes, 0, (1,), (1,), backend.asarray(np.asarray(True)))
        before, after = (backend.read_strided(ordered, offset, (1,), (n - 1,)) for offset in (0, 1))
        backend.write_strided(changes, 1, (1,), (n - 1,), backend.elementwise("not_equal", before, after))
    return changes


def _inverse(x: NDArray, order: NDArray, changes: NDArray) -> NDArray:
    """Return for each element of ``x`` how many changes come before it in the sorted order."""
    backend = x.backend
    numbers = backend.scan("sum", backend.cast(changes, INDEX), 0)
    inverse = backend.empty((x.size,), INDEX)
    backend.scatter(inverse, order, backend.elementwise("subtract", numbers, backend.asarray(np.asarray(1, INDEX))))
    return backend.reshape(inverse, x.shape)


def _counts(starts: NDArray, size: int) -> NDArray:
    """Return how far each start is from the next one, the last from ``size``."""
    backend, n = starts.backend, starts.size
    if n == 0:
        return starts
    stops = backend.empty((n,), INDEX)
    backend.write_strided(stops, 0, (1,), (n - 1,), backend.read_strided(starts, 1, (1,), (n - 1,)))
    backend.write_strided(stops, n - 1, (1,), (1,), backend.asarray(np.asarray(size, INDEX)))
    return backend.elementwise("subtract", stops, starts)
