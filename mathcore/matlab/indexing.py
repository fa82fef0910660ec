"""Reading and writing elements of an NDArray by MATLAB's indices.

One index counts column by column through the whole array. With fewer indices than axes, the last one counts through all
axes that are left; with more, those behind must be 1. Ranges read and write strided memory; everything else works out
the stored places on the device and gathers or scatters.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import mathcore
from mathcore.array import NDArray
from mathcore.errors import ShapeError
from mathcore.functions.operands import same_device
from mathcore.matlab.sizes import (
    Size,
    along,
    column_strides,
    filled,
    flat,
    is_vector,
    matlab_size,
    one_order,
    row_strides,
)
from mathcore.matlab.subscripts import Selection, Span, selection


def get(x: NDArray, indices: tuple[Any, ...]) -> NDArray:
    """Return ``x(indices)`` as a new array; one index of places gives their form, in the direction of a vector ``x``.

    Raises:
        IndexError: if a place is not there.
    """
    lengths = _extents(x.shape, len(indices))
    chosen = _selections(x, indices, lengths)
    counts = tuple(one.count for one in chosen)
    if len(chosen) == 1 and _is_colon(chosen[0]) and not one_order(x.shape):
        return flat(x).reshape(chosen[0].form)
    if spans := _spans(x, chosen):
        found = x.reshape(lengths)[tuple(span.as_slice() for span in spans)]
    else:
        found = x.backend.gather(x, _stored_places(x, chosen))
    return filled(found, _form(x.shape, chosen[0])) if len(chosen) == 1 else found.reshape(matlab_size(counts))


def put(x: NDArray, indices: tuple[Any, ...], values: NDArray) -> None:
    """Set ``x(indices) = values``, converted to the type of ``x``; one value fills all places.

    Where places repeat, the last value counts.

    Raises:
        IndexError: if a place is not there; arrays do not grow.
        ShapeError: if the values do not fit the places.
        DeviceError: if the values are on another device.
    """
    same_device("set", x, values)
    lengths = _extents(x.shape, len(indices))
    chosen = _selections(x, indices, lengths)
    ready = _fitted(values.astype(x.dtype, copy=False), tuple(one.count for one in chosen))
    if spans := _spans(x, chosen):
        x.reshape(lengths)[tuple(span.as_slice() for span in spans)] = ready
    else:
        places = _stored_places(x, chosen)
        x.backend.scatter(x, places, mathcore.broadcast_to(ready, places.shape))


def _extents(size: Size, count: int) -> Size:
    """Return the lengths that ``count`` indices run over."""
    if not count:
        raise IndexError("expected at least one index, got none")
    if count > len(size):
        return size + (1,) * (count - len(size))
    return (*size[: count - 1], math.prod(size[count - 1 :]))


def _selections(x: NDArray, indices: tuple[Any, ...], lengths: Size) -> list[Selection]:
    where = f"of {len(indices)} into {'x'.join(map(str, x.shape))}"
    numbered = enumerate(zip(indices, lengths, strict=True))
    return [selection(one, length, x, f"index {number + 1} {where}") for number, (one, length) in numbered]


def _is_colon(one: Selection) -> bool:
    """Return whether the index is the colon alone, which makes a column of any array."""
    return isinstance(one, Span) and one.is_colon


def _spans(x: NDArray, chosen: list[Selection]) -> list[Span]:
    """Return the selections if they are ranges and strided memory holds their elements, else nothing."""
    spans = [one for one in chosen if isinstance(one, Span)]
    return spans if len(spans) == len(chosen) and one_order(x.shape[len(chosen) - 1 :]) else []


def _stored_places(x: NDArray, chosen: list[Selection]) -> NDArray:
    """Return where the selected elements are stored, int32, with one axis for each index."""
    count = len(chosen)
    size = x.shape + (1,) * (count - x.ndim)
    strides = row_strides(size)
    parts = []
    for axis, one in enumerate(chosen):
        places = one.places(x.backend)
        is_last = axis == count - 1
        stored = _merged(places, size[axis:], strides[axis:]) if is_last else places * strides[axis]
        parts.append(stored.reshape((1,) * axis + (one.count,) + (1,) * (count - 1 - axis)))
    return reduce(mathcore.add, parts)


def _merged(places: NDArray, size: Size, strides: Size) -> NDArray:
    """Return where the elements are stored that are counted column by column through the last axes."""
    if one_order(size):
        return places
    axes = zip(column_strides(size), size, strides, strict=True)
    return reduce(mathcore.add, [places // column % length * stride for column, length, stride in axes])


def _form(size: Size, chosen: Selection) -> Size:
    """Return the size of what a single index selects."""
    takes_direction = is_vector(size) and is_vector(chosen.form) and chosen.count != 1 and not _is_colon(chosen)
    return along(size, chosen.count) if takes_direction else chosen.form


def _fitted(values: NDArray, counts: Size) -> NDArray:
    """Return the values in the form of the selection, one value as it is.

    Raises:
        ShapeError: if they do not fit, axes of length 1 aside.
    """
    if values.size == 1:
        return values.reshape(())
    if len(counts) == 1 and values.size == counts[0]:
        return flat(values)
    longer = [length for length in counts if length != 1]
    if len(counts) == 1 or longer != [length for length in values.shape if length != 1]:
        raise ShapeError(
            f"set: expected one value or values of size {'x'.join(map(str, counts))}, "
            f"got {'x'.join(map(str, values.shape))}; elements cannot be deleted, index those to keep"
        )
    return values.reshape(counts)
