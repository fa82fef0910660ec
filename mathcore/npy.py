"""Arrays in .npy files, which NumPy and many other programs read and write: ``save`` and ``load``.

Element types. float32, int32, uint8 and bool stay as they are; float16 becomes float32. The NumPy backend keeps the
other types too. On devices, which hold only those four, float64 becomes float32, and int8, int16, uint16, int64, uint32
and uint64 become int32; a value that does not fit is an error, never a changed number. Rounding of float64 is no error.
Complex numbers, dates, text, records and Python objects are refused.

Files are not trusted: what the header says is checked, against the size of the file too, before memory is taken.
"""

from __future__ import annotations

import os
import stat
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.backends.numpy.elementwise import cast
from mathcore.devices import Device, backend_of
from mathcore.dtypes import ALL, float32, int32, is_floating
from mathcore.errors import DTypeError, MathcoreError
from mathcore.files import File, opened_for_reading, opened_for_writing, title
from mathcore.npy_header import Header, read_exactly, read_header

__all__ = ["load", "save"]

ORDERS = ("C", "F")
ON_DEVICES = tuple(np.dtype(name) for name in ("float32", "int32", "uint8", "bool"))


def save(file: File, x: NDArray, *, order: str = "C") -> None:
    """Write an array to a .npy file, in version 1.0 of the format; waits for the device.

    Args:
        file: a path, used as it is and replaced in one step, or a file open for writing bytes.
        x: any array.
        order: ``"F"`` puts neighbours along the first axis side by side, for Fortran and Julia.
    Raises:
        MathcoreError: if ``x`` is no array, the order is unknown, or the path is not that of a file.
    """
    name = title("save", file)
    if order not in ORDERS:
        raise MathcoreError(f"{name}: expected order C or F, got {order!r}")
    host = to_host(name, x)
    with opened_for_writing(name, file) as opened:
        write_array(opened, host, order=order)


def load(file: File, *, dtype: DTypeLike | None = None, device: str | Device | Backend | None = None) -> NDArray:
    """Read an array from a .npy file of any version, either byte order, C or Fortran order.

    Args:
        file: a path, whose file holds this array and nothing else, or an open file, which is read up to the array's
            end.
        dtype: converts to this element type as ``astype`` does; None: the rule above, which changes no value.
        device: where the array goes; None: the default device.
    Raises:
        MathcoreError: if the file is malformed, cut off or too long.
        DTypeError: if the elements are not numbers, or the device has no type for them.
        ShapeError: if the shape is larger than any array.
    """
    name = title("load", file)
    with opened_for_reading(name, file) as opened:
        host = read_array(name, opened, _size_of_path(file, opened))
    return to_device(name, host, dtype=dtype, backend=backend_of(device))


def to_host(name: str, x: NDArray) -> np.ndarray:
    """Return the values as a NumPy array.

    Raises:
        MathcoreError: if ``x`` is no array.
    """
    if not isinstance(x, NDArray):
        raise MathcoreError(f"{name}: expected an NDArray, got {type(x).__name__}; make one with mathcore.asarray")
    return x.numpy()


def to_device(name: str, host: np.ndarray, *, dtype: DTypeLike | None, backend: Backend) -> NDArray:
    """Return a new array of the values under the rule of this file.

    Raises:
        DTypeError: if there is no such type, the device does not hold it, or a value does not fit.
    """
    if host.dtype == np.float16:
        host = host.astype(np.float32)
    if dtype is not None:
        if np.dtype(dtype) not in ALL:
            raise DTypeError(f"{name}: expected dtype to be one of {', '.join(map(str, ALL))}, got {np.dtype(dtype)}")
        host = cast(host, np.dtype(dtype))
    elif backend.name != "numpy" and host.dtype not in ON_DEVICES:
        host = _narrow(name, host)
    try:
        return backend.asarray(host)
    except DTypeError as error:
        raise DTypeError(f"{name}: {error}") from None


def write_array(file: BinaryIO, host: np.ndarray, *, order: str = "C") -> None:
    """Write header and elements."""
    np.lib.format.write_array(file, np.asarray(host, order=order), version=(1, 0), allow_pickle=False)  # type: ignore[call-overload]


def read_array(name: str, file: BinaryIO, size: int | None) -> np.ndarray:
    """Return the C-contiguous array in a file, in this machine's byte order.

    Args:
        name: what error messages call the file.
        file: at the first byte of the header.
        size: bytes from there to the end, which must be those of the array; None: unknown, there may be more.
    Raises:
        MathcoreError: if it is no such array.
    """
    header = read_header(name, file)
    if size is not None and size != header.size + header.data_size:
        raise MathcoreError(
            f"{name}: expected {header.data_size:,} bytes for {header.dtype} {header.shape}, "
            f"got {size - header.size:,}; the file was cut off or has something behind the array"
        )
    return _elements(name, header, read_exactly(name, file, header.data_size))


def _elements(name: str, header: Header, data: bytearray) -> np.ndarray:
    stored = np.frombuffer(data, header.dtype)
    if stored.dtype.kind == "b" and stored.view(np.uint8).max(initial=0) > 1:
        raise MathcoreError(f"{name}: expected bytes 0 and 1 for bool, got {stored.view(np.uint8).max()}")
    native = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    if header.fortran_order:
        return np.asarray(native.reshape(header.shape[::-1]).T, order="C")
    return native.reshape(header.shape)


def _narrow(name: str, host: np.ndarray) -> np.ndarray:
    """Return the values in the type of the same kind that devices hold."""
    target = float32 if is_floating(host.dtype) else int32
    with np.errstate(over="ignore"):
        narrow = host.astype(target)
    changed = np.isinf(narrow) & ~np.isinf(host) if is_floating(target) else narrow != host
    if changed.any():
        place = tuple(int(i) for i in np.argwhere(changed)[0])
        raise DTypeError(
            f"{name}: expected values that {target} can hold, got {host[place]} at {place}; "
            f'load it with device="numpy", or convert it with dtype="{target}"'
        )
    return narrow


def _size_of_path(file: Any, opened: BinaryIO) -> int | None:
    if not isinstance(file, str | os.PathLike):
        return None
    status = os.fstat(opened.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None
