"""Making, viewing and moving arrays in device memory. Elements are float32, int32, uint8, or bool stored as a byte."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.backends.shapes import Shape
from mathcore.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays

FLOAT32 = np.dtype(np.float32)
INT32 = np.dtype(np.int32)
DTYPES = (FLOAT32, INT32, np.dtype(np.uint8), np.dtype(np.bool_))
C_TYPES = dict(zip(DTYPES, ("float", "int", "uchar", "uchar"), strict=True))


def check_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the element type if devices hold it.

    Raises:
        DTypeError: if not.
    """
    if dtype is np.float32 or dtype is FLOAT32:
        return FLOAT32  # nearly always, and much faster than the general case
    given: np.dtype[Any] = np.dtype(dtype)
    if given not in DTYPES:
        raise DTypeError(
            f"expected float32, int32, uint8 or bool on a device, got {given}; convert the values first, "
            "or use the numpy backend for float64"
        )
    return given


def check_float32(operation: str, *arrays: NDArray | None) -> None:
    """Raise DTypeError unless all arrays that are given hold float32."""
    for x in arrays:
        if x is not None and x.dtype != FLOAT32:
            raise DTypeError(
                f"{operation}: expected float32, got {x.dtype}; convert it with asarray(x.numpy(), 'float32')"
            )


def check_int32(operation: str, labels: NDArray) -> None:
    """Raise DTypeError unless ``labels`` hold int32."""
    if labels.dtype != INT32:
        raise DTypeError(f"{operation}: expected labels of int32, got {labels.dtype}; convert them with asarray")


def check_key(operation: str, key: NDArray) -> None:
    """Raise unless ``key`` is one as ``layers.training_key`` makes it."""
    if key.dtype != INT32 or key.shape != (4,):
        raise ShapeError(f"{operation}: expected a key of int32 (4,), got {key.dtype} {key.shape}; use training_key")


def empty(backend: OpenCLArrays, shape: Shape, dtype: DTypeLike) -> NDArray:
    """Return a new array, its values undefined."""
    kind = check_dtype(dtype)
    return NDArray(backend, backend.queue.pool.allocate(math.prod(shape) * kind.itemsize), tuple(shape), kind)


def zeros(backend: OpenCLArrays, shape: Shape, dtype: DTypeLike) -> NDArray:
    """Return a new array of zeros."""
    x = empty(backend, shape, dtype)
    backend.queue.fill(x.data, np.zeros(1, x.dtype), x.size * x.dtype.itemsize)
    return x


def asarray(backend: OpenCLArrays, values: Any, dtype: DTypeLike | None) -> NDArray:
    """Copy host values into a new array; Python numbers become float32, int32 or bool, NumPy arrays keep their type."""
    if dtype is None and not isinstance(values, np.ndarray | np.generic):
        kind = np.asarray(values).dtype.kind
        dtype = {"f": FLOAT32, "i": INT32}.get(kind)
    host = np.asarray(values, dtype=dtype, order="C")
    x = empty(backend, host.shape, host.dtype)
    if host.size == 1:
        backend.queue.fill(x.data, host.reshape(1), host.nbytes)
    else:
        backend.queue.upload(x.data, host)
    return x


def to_numpy(backend: OpenCLArrays, x: NDArray) -> np.ndarray:
    """Return the values as a new host array."""
    host = np.empty(x.shape, x.dtype)
    backend.queue.download(x.data, host)
    return host


def view(backend: OpenCLArrays, x: NDArray, offset: int, shape: Shape) -> NDArray:
    """Return ``shape`` elements of the flat ``x`` from ``offset`` on; shares memory.

    Raises:
        ShapeError: if ``x`` is not flat, the elements are not all there, or the device cannot start an array there.
    """
    size = math.prod(shape)
    if x.ndim != 1 or offset % 256 or not 0 <= offset <= x.size - size:
        raise ShapeError(
            f"view: expected a flat array and an offset that is a multiple of 256 with {size} elements after it, "
            f"got shape {x.shape} and offset {offset}"
        )
    alignment = backend.queue.alignment
    if offset * x.dtype.itemsize % alignment:
        raise ShapeError(
            f"view: {backend.device} expects an offset that is a multiple of {alignment} bytes, "
            f"got {offset} elements of {x.dtype}; copy the part instead"
        )
    return NDArray(backend, x.data.view(offset * x.dtype.itemsize, size * x.dtype.itemsize), tuple(shape), x.dtype)


def copy(backend: OpenCLArrays, source: NDArray, destination: NDArray) -> None:
    """Copy all elements; same shape and dtype."""
    _check_alike("copy", destination, source.shape, source.dtype)
    backend.queue.copy(source.data, destination.data, source.size * source.dtype.itemsize)


def write(backend: OpenCLArrays, destination: NDArray, values: np.ndarray) -> None:
    """Overwrite ``destination`` with host values of the same shape and dtype."""
    _check_alike("write", destination, values.shape, values.dtype)
    backend.queue.upload(destination.data, np.ascontiguousarray(values))


def _check_alike(operation: str, destination: NDArray, shape: Shape, dtype: np.dtype[Any]) -> None:
    if destination.shape != shape:
        raise ShapeError(f"{operation}: expected values of shape {destination.shape}, got {shape}")
    if destination.dtype != dtype:
        raise DTypeError(f"{operation}: expected values of {destination.dtype}, got {dtype}")
