"""Making arrays: from values on the host, from other libraries' arrays, or filled by rule.

Every function takes ``device``: a name as in ``mathcore.device``, a ``Device``, or None for the default one. Ranges are
computed on the host, in float64 for floating point, so that every device gets the same bits.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from mathcore import interchange
from mathcore.array import NDArray
from mathcore.devices import backend_of
from mathcore.dtypes import DEFAULT_FLOAT, default_dtype
from mathcore.errors import DeviceError, DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.devices import Device

__all__ = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


Shape = int | tuple[int, ...]


def asarray(
    obj: Any, /, *, dtype: DTypeLike | None = None, device: Device | str | None = None, copy: bool | None = None
) -> NDArray:
    """Return ``obj`` as an array.

    Args:
        obj: an array, a Python number, nested lists of them, a NumPy array, or an object with the buffer or DLPack
            protocol. Python numbers become float32, int32 or bool; other arrays keep their type.
        dtype: the element type to convert to.
        device: where the array is to be; an array stays where it is by default.
        copy: True makes a copy of an array that could be returned as it is; False refuses where a copy is needed.
    Raises:
        DTypeError: if the values are not numbers, or the device does not hold their type.
        MathcoreError: if ``copy`` is False and a copy is needed.
    """
    if isinstance(obj, NDArray):
        return _from_array(obj, dtype, device, copy)
    if copy is False:
        raise DeviceError("asarray: expected copy=None or copy=True for values of the host, got False; they are copied")
    return backend_of(device).asarray(_host_values(obj), dtype)


def _from_array(x: NDArray, dtype: DTypeLike | None, device: Device | str | None, copy: bool | None) -> NDArray:
    backend = x.backend if device is None else backend_of(device)
    moves, converts = backend is not x.backend, dtype is not None and np.dtype(dtype) != x.dtype
    if copy is False and (moves or converts):
        raise DeviceError(f"asarray: expected copy=None where the {'device' if moves else 'type'} changes, got False")
    if moves:
        return backend.asarray(x.numpy(), dtype)
    return x.backend.cast(x, dtype or x.dtype) if converts or copy else x


def _host_values(obj: Any) -> Any:
    """Return what a backend takes: numbers and lists as they are, buffers and others' arrays as NumPy arrays."""
    if isinstance(obj, (bool, int, float, np.ndarray, np.generic)):
        return obj
    if isinstance(obj, (list, tuple, range)):
        return _nested(obj)
    try:
        return np.asarray(obj) if hasattr(obj, "__array__") else np.asarray(memoryview(obj))
    except TypeError:
        raise DTypeError(f"asarray: expected numbers, got {type(obj).__name__}; use from_dlpack for arrays") from None


def _nested(values: Any) -> Any:
    """Return nested lists of numbers or arrays as they are, or as a NumPy array if arrays are among them."""
    if any(isinstance(value, NDArray) for value in values):
        return np.stack([np.asarray(value) for value in values])
    try:
        kind = np.asarray(values).dtype.kind
    except ValueError:
        raise ShapeError("asarray: expected nested lists of one length, got ragged ones") from None
    if kind not in "biuf":
        raise DTypeError("asarray: expected numbers, got other objects in a list")
    return values


def from_dlpack(x: Any, /, *, device: Device | str | None = None, copy: bool | None = None) -> NDArray:
    """Return another library's array, through the DLPack protocol, by way of host memory.

    Raises:
        DTypeError: if the device does not hold its element type.
        MathcoreError: if it cannot be read on the host, or ``copy`` is False and a copy is needed.
    """
    return interchange.from_dlpack(x, device=device, copy=copy)


def empty(shape: Shape, *, dtype: DTypeLike | None = None, device: Device | str | None = None) -> NDArray:
    """Return an array whose values are undefined; float32 by default."""
    return backend_of(device).empty(_lengths("empty", shape), dtype or DEFAULT_FLOAT)


def zeros(shape: Shape, *, dtype: DTypeLike | None = None, device: Device | str | None = None) -> NDArray:
    """Return an array of zeros; float32 by default."""
    return backend_of(device).zeros(_lengths("zeros", shape), dtype or DEFAULT_FLOAT)


def ones(shape: Shape, *, dtype: DTypeLike | None = None, device: Device | str | None = None) -> NDArray:
    """Return an array of ones; float32 by default."""
    return full(shape, 1, dtype=dtype or DEFAULT_FLOAT, device=device)


def full(
    shape: Shape, fill_value: float, *, dtype: DTypeLike | None = None, device: Device | str | None = None
) -> NDArray:
    """Return an array of one value; its type by default that of the Python number."""
    lengths = _lengths("full", shape)
    chosen = dtype or default_dtype(fill_value)
    value = asarray(fill_value, dtype=chosen, device=device)
    return value.backend.read_strided(value, 0, (0,) * len(lengths), lengths)


def empty_like(x: NDArray, /, *, dtype: DTypeLike | None = None, device: Device | str | None = None) -> NDArray:
    """Return an array like ``x`` whose values are undefined."""
    return empty(x.shape, dtype=dtype or x.dtype, device=device or x.device)


def zeros_like(x: NDArray, /, *, dtype: DTypeLike | None = None, device: Device | str | None = None) -> NDArray:
    """Return zeros in the shape and type of ``x``, on its device."""
    return zeros(x.shape, dtype=dtype or x.dtype, device=device or x.device)


def ones_like(x: NDArray, /, *, dtype: DTypeLike | None = None, device: Device | str | None = None) -> NDArray:
    """Return ones in the shape and type of ``x``, on its device."""
    return ones(x.shape, dtype=dtype or x.dtype, device=device or x.device)


def full_like(
    x: NDArray, /, fill_value: float, *, dtype: DTypeLike | None = None, device: Device | str | None = None
) -> NDArray:
    """Return one value in the shape and type of ``x``, on its device."""
    return full(x.shape, fill_value, dtype=dtype or x.dtype, device=device or x.device)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: DTypeLike | None = None,
    device: Device | str | None = None,
) -> NDArray:
    """Return a matrix with ones on diagonal ``k`` (above the main one if positive), zeros elsewhere."""
    columns = n_rows if n_cols is None else n_cols
    x = zeros((n_rows, columns), dtype=dtype, device=device)
    length = min(n_rows + min(k, 0), columns - max(k, 0))
    if length > 0:
        x.backend.write_strided(
            x, max(k, 0) - min(k, 0) * columns, (columns + 1,), (length,), asarray(1, dtype=x.dtype, device=x.device)
        )
    return x


def arange(
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: DTypeLike | None = None,
    device: Device | str | None = None,
) -> NDArray:
    """Return ``start``, ``start + step`` ... before ``stop`` (n,); int32 if all three are whole numbers.

    Raises:
        MathcoreError: if ``step`` is 0.
    """
    first, last = (0, start) if stop is None else (start, stop)
    if step == 0:
        raise ShapeError("arange: expected a step other than 0, got 0")
    whole = all(isinstance(number, int) for number in (first, last, step))
    chosen = np.dtype(dtype) if dtype else default_dtype(0 if whole else 0.0)
    count = max(0, math.ceil((last - first) / step))
    wide: type = np.int64 if whole else np.float64
    return asarray((first + np.arange(count, dtype=wide) * step).astype(chosen), device=device)


def linspace(
    start: float,
    stop: float,
    /,
    num: int,
    *,
    dtype: DTypeLike | None = None,
    device: Device | str | None = None,
    endpoint: bool = True,
) -> NDArray:
    """Return ``num`` evenly spaced numbers from ``start`` to ``stop``, (num,), float32 by default."""
    if num < 0:
        raise ShapeError(f"linspace: expected num of 0 or more, got {num}")
    return asarray(np.linspace(start, stop, num, endpoint=endpoint).astype(dtype or DEFAULT_FLOAT), device=device)


def _lengths(name: str, shape: Shape) -> tuple[int, ...]:
    lengths = shape if isinstance(shape, tuple) else (shape,)
    if any(length < 0 for length in lengths):
        raise ShapeError(f"{name}: expected lengths of 0 or more, got {shape}")
    return tuple(int(length) for length in lengths)
