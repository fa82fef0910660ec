"""How operands meet: what becomes an array, on which device, in which element type.

Python numbers, lists and NumPy arrays beside an array are copied to its device; arrays of two devices are refused. The
element types are promoted as ``mathcore/dtypes.py`` says.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from mathcore.array import NDArray
from mathcore.deferred import Number
from mathcore.devices import backend_of
from mathcore.dtypes import DType, beside, default_dtype, iinfo, is_integer, promote
from mathcore.errors import DeviceError, DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.backends.base import Backend

NUMBERS = (bool, int, float, Number)


def to_array(name: str, x: Any, like: NDArray | None = None) -> NDArray:
    """Return ``x`` as an array: itself, or copied to the device of ``like`` (None: the default device).

    Raises:
        DTypeError: if its values are not numbers that the device holds.
    """
    if isinstance(x, NDArray):
        return x
    backend = backend_of(None) if like is None else like.backend
    try:
        return backend.asarray(x)
    except DTypeError as error:
        raise DTypeError(f"{name}: {error}") from None


def to_arrays(name: str, *operands: Any) -> list[NDArray]:
    """Return the operands as arrays of one device and one element type; shapes stay as they are.

    Raises:
        DeviceError: if arrays of two devices meet.
        DTypeError: if the types meet in none, or a Python number does not fit the type of the arrays.
    """
    one = operands[0]
    if type(one) is NDArray:  # arrays that fit as they are: nearly always, and 4 us faster than the general case
        for x in operands:
            if type(x) is not NDArray or x.dtype is not one.dtype or x.backend is not one.backend:
                break
        else:
            return list(operands)
    first = next((x for x in operands if isinstance(x, NDArray)), None)
    arrays = [x if isinstance(x, NUMBERS) else to_array(name, x, first) for x in operands]
    known = [x for x in arrays if isinstance(x, NDArray)]
    if len(known) == len(arrays) and all(x.dtype == known[0].dtype for x in known):
        same_device(name, *known)
        return known
    backend = same_device(name, *known) if known else backend_of(None)
    dtype = _common_dtype(arrays, [x.dtype for x in known])
    return [convert(name, backend, x, dtype) for x in arrays]


def same_device(name: str, *arrays: NDArray) -> Backend:
    """Return the backend that all arrays are on.

    Raises:
        DeviceError: if they are on several.
    """
    backend = arrays[0].backend
    for x in arrays:
        if x.backend is not backend:
            raise DeviceError(
                f"{name}: expected arrays of one device, got one on {backend.device} and one on {x.backend.device}; "
                "move one with x.to_device(y.device)"
            )
    return backend


def normalize_axis(name: str, axis: int, ndim: int) -> int:
    """Return ``axis`` counted from the front.

    Raises:
        ShapeError: if there is no such axis.
    """
    number = operator.index(axis)
    if not -ndim <= number < ndim:
        raise ShapeError(f"{name}: expected an axis of an array with {ndim} axes, got {axis}")
    return number % ndim


def normalize_axes(name: str, axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """Return the axes meant by one axis, several, or None for all, ascending and counted from the front.

    Raises:
        ShapeError: if there is no such axis, or one is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = [normalize_axis(name, one, ndim) for one in (axis if isinstance(axis, tuple) else (axis,))]
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{name}: expected each axis once, got {axis}")
    return tuple(sorted(axes))


def convert(name: str, backend: Backend, x: Any, dtype: DType) -> NDArray:
    """Return an array of that device, or a Python number, in an element type.

    Raises:
        DTypeError: if the type cannot hold the number.
    """
    if isinstance(x, NDArray):
        return x if x.dtype == dtype else backend.cast(x, dtype)
    number = _example(x)
    if is_integer(dtype) and not iinfo(dtype).min <= number <= iinfo(dtype).max:
        raise DTypeError(f"{name}: expected a number that {dtype} can hold, got {number}; convert the array by astype")
    return backend.asarray(x, dtype)


def _common_dtype(operands: list[Any], dtypes: list[DType]) -> DType:
    numbers = [_example(x) for x in operands if not isinstance(x, NDArray)]
    dtype = promote(*(dtypes or [default_dtype(number) for number in numbers]))
    for number in numbers:
        dtype = beside(dtype, number)
    return dtype


def _example(number: Any) -> Any:
    """Return a Python number, or one such as a deferred one will be."""
    return number.example if isinstance(number, Number) else number
