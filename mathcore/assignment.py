"""What is assigned to a part of an array: converted to its element type, broadcast to its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import mathcore  # complete by the time a value is assigned
from mathcore.backends.shapes import Shape, broadcast_strides
from mathcore.dtypes import RANK, iinfo, is_integer
from mathcore.errors import DeviceError, DTypeError

if TYPE_CHECKING:
    from mathcore.array import NDArray

NAME = "x[key] = value"


def converted(x: NDArray, value: Any) -> NDArray:
    """Return ``value`` on the device of ``x``, in its element type.

    Raises:
        DTypeError: if the value is of a higher kind than ``x``, or holds Python numbers out of the type's range.
        DeviceError: if it is on another device.
    """
    if isinstance(value, mathcore.NDArray):
        if value.backend is not x.backend:
            raise DeviceError(
                f"{NAME}: expected a value on {x.backend.device}, got one on {value.backend.device}; "
                "move it with value.to_device(x.device)"
            )
        _check_kind(x, value.dtype)
        return value if value.dtype == x.dtype else x.backend.cast(value, x.dtype)
    host = np.asarray(value)
    if isinstance(value, np.ndarray | np.generic) or host.size:
        _check_kind(x, host.dtype)
    if not isinstance(value, np.ndarray | np.generic) and host.size and is_integer(x.dtype):
        _check_range(x, host)
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinity
        return x.backend.asarray(host.astype(x.dtype))


def fitted(values: NDArray, shape: Shape) -> NDArray:
    """Return values that broadcast to ``shape``, without axes of length 1 in front of it.

    Raises:
        ShapeError: if they do not broadcast.
    """
    while values.ndim > len(shape) and values.shape[0] == 1:
        values = values.backend.reshape(values, values.shape[1:])
    broadcast_strides(NAME, values.shape, shape)
    return values


def broadcast(values: NDArray, shape: Shape) -> NDArray:
    """Return values that fit as an array of ``shape``."""
    if values.shape == shape:
        return values
    return values.backend.read_strided(values, 0, broadcast_strides(NAME, values.shape, shape), shape)


def _check_kind(x: NDArray, dtype: np.dtype[Any]) -> None:
    if RANK.get(dtype.kind, 3) > RANK[x.dtype.kind]:
        raise DTypeError(f"{NAME}: expected values that {x.dtype} can hold, got {dtype}; convert them with astype")


def _check_range(x: NDArray, host: np.ndarray) -> None:
    limits = iinfo(x.dtype)
    for number in (host.min(), host.max()):
        if not limits.min <= number <= limits.max:
            raise DTypeError(f"{NAME}: expected numbers that {x.dtype} can hold, got {number}")
