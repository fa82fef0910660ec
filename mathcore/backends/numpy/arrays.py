"""Making, viewing and writing NumPy arrays under the rules of the backend protocol."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from mathcore.backends.shapes import Shape
from mathcore.dtypes import ALL
from mathcore.errors import DTypeError, ShapeError


def check_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return ``dtype`` if arrays may have it.

    Raises:
        DTypeError: if not.
    """
    if dtype not in ALL:
        raise DTypeError(f"expected one of {', '.join(map(str, ALL))}, got {dtype}; convert the values first")
    return dtype


def from_values(values: Any, dtype: DTypeLike | None) -> np.ndarray:
    """Return a new C-contiguous array of ``values``.

    Python numbers without a ``dtype`` become float32 or int32; NumPy arrays keep their type.

    Raises:
        DTypeError: if the values are not numbers of a type that arrays may have.
    """
    if dtype is None and not isinstance(values, np.ndarray | np.generic):
        default = np.array(values)
        dtype = {"f": np.dtype(np.float32), "i": np.dtype(np.int32)}.get(default.dtype.kind, default.dtype)
    array = np.array(values, dtype=dtype, order="C")
    check_dtype(array.dtype)
    return array


def view(x: np.ndarray, offset: int, shape: Shape) -> np.ndarray:
    """Return the ``shape`` elements of the flat ``x`` from ``offset`` on; shares memory.

    Raises:
        ShapeError: if ``x`` is not flat, the offset is no multiple of 256, or the elements are not all there.
    """
    size = math.prod(shape)
    if x.ndim != 1 or offset % 256 or not 0 <= offset <= x.size - size:
        raise ShapeError(
            f"view: expected a flat array and an offset that is a multiple of 256 with {size} elements after it, "
            f"got shape {x.shape} and offset {offset}"
        )
    return x[offset : offset + size].reshape(shape)


def write(destination: np.ndarray, values: np.ndarray) -> None:
    """Overwrite ``destination`` with values of the same shape and dtype.

    Raises:
        ShapeError: if the shapes differ.
        DTypeError: if the types differ.
    """
    if destination.shape != values.shape:
        raise ShapeError(f"write: expected values of shape {destination.shape}, got {values.shape}")
    if destination.dtype != values.dtype:
        raise DTypeError(f"write: expected values of {destination.dtype}, got {values.dtype}")
    destination[...] = values
