"""Reading and writing parts of arrays: ``x[key]`` and ``x[key] = value``, with all that NumPy's keys can say.

Keys without arrays are one strided copy. Else the places of all elements are worked out, on the host where it knows
them and they are few, and the elements are gathered or scattered; what lies together behind the last chosen axis moves
as one row. Parts are copies, never views.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mathcore.assignment import broadcast, converted, fitted
from mathcore.backends.shapes import Shape
from mathcore.keys import Chosen, Kept, Key, mask_of, parse

if TYPE_CHECKING:
    from mathcore.array import NDArray

MOST_ON_HOST = 65536
"""Places that the host works out; more of them the device does."""


class Selection(NamedTuple):
    """What a key with arrays chooses.

    Attributes:
        shape: of the result.
        outer: its leading axes, which places are for; behind them a row.
        row: elements of a row.
        terms: arrays that broadcast to ``outer``; their sum says which row of ``x`` each place is.
        start: to be added to them.
    """

    shape: Shape
    outer: Shape
    row: int
    terms: list[np.ndarray | NDArray]
    start: int


def get(x: NDArray, key: Any) -> NDArray:
    """Return the part of ``x`` that ``key`` names, as a copy.

    Raises:
        IndexError: if the key does not fit the shape, or a place is out of range.
        DeviceError: if an array in the key is on another device.
    """
    backend, parsed = x.backend, parse(x, key)
    if not _has_places(parsed):
        return backend.read_strided(x, parsed.offset, *_walk(parsed))
    selection = _select(x, parsed)
    if 0 in selection.shape:
        return backend.empty(selection.shape, x.dtype)
    places = _places(x, selection)
    rows = selection.row > 1
    part = backend.gather_rows(_rows(x, selection.row), places) if rows else backend.gather(x, places)
    return backend.reshape(part, selection.shape)


def put(x: NDArray, key: Any, value: Any) -> None:
    """Set the part of ``x`` that ``key`` names to ``value``, broadcast; where places repeat, the last one counts.

    Raises:
        IndexError: if the key does not fit the shape, or a place is out of range.
        ShapeError: if the value does not broadcast to the part.
        DTypeError: if the value is of a higher kind than ``x`` (bool, whole numbers, floating point), or does not fit.
        DeviceError: if an array is on another device.
    """
    backend, values = x.backend, converted(x, value)
    mask = mask_of(x, key) if values.size == 1 else None
    if mask is not None:
        spread = backend.reshape(mask, mask.shape + (1,) * (x.ndim - mask.ndim))
        backend.copy(backend.elementwise("where", spread, backend.reshape(values, ()), x), x)
        return
    parsed = parse(x, key)
    if not _has_places(parsed):
        strides, shape = _walk(parsed)
        backend.write_strided(x, parsed.offset, strides, shape, fitted(values, shape))
        return
    selection = _select(x, parsed)
    values = fitted(values, selection.shape)
    if 0 not in selection.shape:
        rows = backend.reshape(broadcast(values, selection.shape), (*selection.outer, selection.row))
        backend.scatter_rows(_rows(x, selection.row), _places(x, selection), rows)


def _has_places(key: Key) -> bool:
    return any(isinstance(part, Chosen) and part.places is not None for part in key.parts)


def _walk(key: Key) -> tuple[Shape, Shape]:
    """Return strides and shape of the axes that a key keeps."""
    kept = [part for part in key.parts if isinstance(part, Kept)]
    return tuple([axis.stride for axis in kept]), tuple([axis.length for axis in kept])


def _rows(x: NDArray, row: int) -> NDArray:
    return x.backend.reshape(x, (x.size // row, row))


def _select(x: NDArray, key: Key) -> Selection:
    """Return which axes the result has, and the terms of the places in it."""
    before, chosen, after = _arrange(key)
    arrays = [(part.places, part.stride) for part in chosen if part.places is not None]
    try:
        together = np.broadcast_shapes(*(array.shape for array, _ in arrays))
    except ValueError:
        named = " and ".join(str(array.shape) for array, _ in arrays)
        raise IndexError(f"expected index arrays whose shapes broadcast, got {named}") from None
    shape = (*_lengths(before), *together, *_lengths(after))
    if 0 in shape:
        return Selection(shape, (), 1, [], 0)
    fixed = [x.size, key.offset, *(axis.stride for axis in before), *(stride for _, stride in arrays)]
    row, count = _row(after, fixed)
    outer = (*_lengths(before), *together, *_lengths(after[:count]))
    behind = len(together) + count
    terms: list[np.ndarray | NDArray] = [_scaled(x, array, stride // row, count) for array, stride in arrays]
    for place, axis in enumerate(before):
        terms += _counted(axis, row, behind + len(before) - 1 - place)
    for place, axis in enumerate(after[:count]):
        terms += _counted(axis, row, count - 1 - place)
    return Selection(shape, outer, row, terms, key.offset // row)


def _arrange(key: Key) -> tuple[list[Kept], list[Chosen], list[Kept]]:
    """Return the kept axes before those of the places, what chooses places, and the kept axes after.

    The axes of the places stand where the places were chosen if these are neighbours in the key, else in front.
    """
    chosen = [part for part in key.parts if isinstance(part, Chosen)]
    kept = [part for part in key.parts if isinstance(part, Kept)]
    neighbours = chosen[-1].slot - chosen[0].slot == len(chosen) - 1
    first = next(place for place, part in enumerate(key.parts) if isinstance(part, Chosen)) if neighbours else 0
    return kept[:first], chosen, kept[first:]


def _lengths(axes: list[Kept]) -> Shape:
    return tuple(axis.length for axis in axes)


def _row(axes: list[Kept], fixed: list[int]) -> tuple[int, int]:
    """Return the size of the longest row at the end of ``axes``, and how many axes stand before it.

    A row is contiguous and begins at a multiple of its size, whatever the places are: ``fixed`` and all strides are
    multiples of it.
    """
    best, size = (1, len(axes)), 1
    for count in range(len(axes) - 1, -1, -1):
        length, stride = axes[count]
        if length != 1 and stride != size:
            break
        size *= length
        if all(number % size == 0 for number in [*fixed, *(axis.stride for axis in axes[:count])]):
            best = size, count
    return best


def _scaled(x: NDArray, places: np.ndarray | NDArray, stride: int, behind: int) -> np.ndarray | NDArray:
    """Return places times a stride, with axes of length 1 for those behind."""
    shape = places.shape + (1,) * behind
    if isinstance(places, np.ndarray):
        return (places * np.int64(stride)).reshape(shape)
    if stride != 1:
        places = x.backend.elementwise("multiply", places, x.backend.asarray(np.int32(stride)))
    return x.backend.reshape(places, shape)


def _counted(axis: Kept, row: int, behind: int) -> list[np.ndarray]:
    """Return the places along a kept axis as a term; none where there is only the first."""
    length, stride = axis
    return [(np.arange(length) * (stride // row)).reshape(-1, *(1,) * behind)] if length > 1 else []


def _places(x: NDArray, selection: Selection) -> NDArray:
    """Return the sum of the terms, int32, in the shape of the outer axes."""
    backend, outer = x.backend, selection.outer
    on_host: list[Any] = [term for term in selection.terms if isinstance(term, np.ndarray)]
    on_device: list[Any] = [term for term in selection.terms if not isinstance(term, np.ndarray)]
    if not on_device and math.prod(outer) <= MOST_ON_HOST:
        on_host = [sum(on_host)]
    if selection.start:
        on_host = [on_host[0] + selection.start, *on_host[1:]] if on_host else [np.array(selection.start)]
    terms = on_device + [backend.asarray(term.astype(np.int32)) for term in on_host]
    return backend.reshape(reduce(lambda a, b: backend.elementwise("add", a, b), terms), outer)
