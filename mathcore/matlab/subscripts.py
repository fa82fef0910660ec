"""What an index means: the places that a number, a range, a matrix of places or a logical mask selects along an axis.

Places count from 1 for the user and from 0 here. Places in matrices stay on their device; one value is read back, which
tells whether all are there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

import mathcore
from mathcore.array import NDArray
from mathcore.functions.operands import to_array
from mathcore.matlab.ranges import Colon, End, Place
from mathcore.matlab.sizes import Size, along, flat, is_vector, matlab_size

if TYPE_CHECKING:
    from mathcore.backends.base import Backend


@dataclass(frozen=True)
class Span:
    """Evenly spaced places.

    Attributes:
        first, step, count: the places ``first``, ``first + step`` ...
        form: the size of a result if this is the only index.
        is_colon: whether the index was the colon alone.
    """

    first: int
    step: int
    count: int
    form: Size
    is_colon: bool = False

    def as_slice(self) -> slice:
        """Return the places as Python's own slice."""
        behind = self.first + self.count * self.step
        if not self.count:
            return slice(0, 0, 1)
        return slice(self.first, None if behind < 0 else behind, self.step)

    def places(self, backend: Backend) -> NDArray:
        """Return the places, int32 (count,)."""
        return backend.iota(self.count) * self.step + self.first


@dataclass(frozen=True)
class Places:
    """Places in an array.

    Attributes:
        array: int32 (count,).
        form: the size of a result if this is the only index.
    """

    array: NDArray
    form: Size

    @property
    def count(self) -> int:
        """How many places there are."""
        return self.array.size

    def places(self, backend: Backend) -> NDArray:
        """Return the places, int32 (count,)."""
        return self.array


Selection = Span | Places


def selection(index: Any, length: int, like: NDArray, name: str) -> Selection:
    """Return the places along an axis of ``length`` that an index selects.

    Args:
        index: a number, ``end``, a Colon or slice, an array or nested list of places, a logical mask.
        like: the array that is indexed; places on the host go to its device.
        name: what messages call the index.
    Raises:
        IndexError: if a place is not there, or no whole number.
    """
    if isinstance(index, slice):
        index = colon_of(index, name)
    if isinstance(index, Colon):
        return _range(index, length, name)
    if is_place(index):
        place = _checked(_number(index, length), length, name)
        return Span(place - 1, 1, 1, (1, 1))
    array = to_array(name, _host(index, name), like)
    array = array.reshape(matlab_size(array.shape))
    return _mask(array, length, name) if array.dtype == mathcore.bool else _matrix(array, length, name)


def is_place(index: Any) -> bool:
    """Return whether an index is a number or ``end``; a boolean is a mask."""
    return isinstance(index, End) or (isinstance(index, Real) and not isinstance(index, bool))


def colon_of(index: slice, name: str) -> Colon:
    """Return what is written with colons in brackets, read as in MATLAB: ``:``, ``first:last``, ``first:step:last``.

    Raises:
        IndexError: if a number is missing.
    """
    numbers = (index.start, index.stop, index.step)
    if numbers == (None, None, None):
        return Colon()
    if index.start is None or index.stop is None:
        raise IndexError(f"{name}: expected both ends of a range as in MATLAB, got {_written(numbers)}; write 2:end")
    return Colon(*numbers)


def _written(numbers: tuple[Any, ...]) -> str:
    return ":".join("" if number is None else str(number) for number in numbers)


def _number(place: Place, length: int) -> float:
    return float(place.value(length) if isinstance(place, End) else place)


def _checked(place: float, length: int, name: str) -> int:
    if place != place // 1 or not 1 <= place <= length:
        got = int(place) if place == place // 1 else place
        raise IndexError(f"{name}: expected a whole place of 1 to {length}, got {got}; end - 1 counts from the end")
    return int(place)


def _range(index: Colon, length: int, name: str) -> Span:
    if index.start is None or index.stop is None:
        return Span(0, 1, length, (length, 1), is_colon=True)
    first, step, stop = (_number(place, length) for place in (index.start, index.step, index.stop))
    if step == 0 or not all(map(math.isfinite, (first, step, stop))):
        raise IndexError(f"{name}: expected finite numbers and a step other than 0, got {index}")
    count = max(0, int((stop - first) // step) + 1)
    if not count:
        return Span(0, 1, 0, (1, 0))
    if step != step // 1:
        raise IndexError(f"{name}: expected whole places, got {index}")
    start = _checked(first, length, name)
    _checked(first + (count - 1) * step, length, name)
    return Span(start - 1, int(step), count, (1, count))


def _matrix(array: NDArray, length: int, name: str) -> Places:
    whole = array if array.dtype.itemsize >= 4 else array.astype(mathcore.int32)
    inside = mathcore.logical_and(whole >= 1, whole <= length)
    if whole.dtype.kind == "f":
        inside = mathcore.logical_and(inside, mathcore.trunc(whole) == whole)
    if array.size and not bool(mathcore.all(inside).item()):
        raise IndexError(
            f"{name}: expected whole places of 1 to {length}, "
            f"got a matrix from {mathcore.min(array).item()} to {mathcore.max(array).item()}"
        )
    return Places(flat(whole).astype(mathcore.int32, copy=False) - 1, array.shape)


def _mask(array: NDArray, length: int, name: str) -> Places:
    places = mathcore.nonzero(flat(array))[0]
    if array.size > length and places.size and (last := int(places[places.size - 1].item())) >= length:
        raise IndexError(f"{name}: expected a mask of {length} elements, got one that is true at {last + 1}")
    count = places.size
    if array.size == 1:
        form: Size = (count, count)
    else:
        form = along(array.shape, count) if is_vector(array.shape) else (count, 1)
    return Places(places, form)


def _host(index: Any, name: str) -> Any:
    """Return an index that is no array as one of int32 or bool; an empty list selects nothing."""
    if isinstance(index, NDArray):
        return index
    array = np.asarray(index)
    if array.dtype.kind not in "biuf":
        raise IndexError(f"{name}: expected a number, end, a range, places or a mask, got {index!r}")
    if array.dtype == np.bool_:
        return array
    if not array.size:
        return np.zeros((0, 0) if array.ndim < 2 else array.shape, np.int32)
    with np.errstate(invalid="ignore"):
        whole = array.astype(np.int32)
    return whole if (whole == array).all() else array.astype(np.float32)
