"""Reading and writing elements of NumPy arrays through strides."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from mathcore.backends.shapes import Shape, broadcast_strides
from mathcore.errors import DTypeError, ShapeError


def transpose(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return a copy with the axes permuted.

    Raises:
        ShapeError: if ``axes`` is no permutation of the axes of ``x``.
    """
    if sorted(axes) != list(range(x.ndim)):
        raise ShapeError(f"transpose: expected a permutation of {tuple(range(x.ndim))}, got {axes}")
    return np.array(x.transpose(axes), order="C")


def read_strided(x: np.ndarray, offset: int, strides: Shape, shape: Shape) -> np.ndarray:
    """Return y with y[i, j, ...] = flat x[offset + i strides[0] + j strides[1] + ...]."""
    return np.array(_walk(x, offset, strides, shape), order="C")


def write_strided(x: np.ndarray, offset: int, strides: Shape, shape: Shape, values: np.ndarray) -> None:
    """Set flat x[offset + i strides[0] + j strides[1] + ...] = values[i, j, ...], broadcast to ``shape``.

    Raises:
        DTypeError: if the element types differ.
        ShapeError: if the values do not broadcast.
    """
    check_values("write_strided", x, values)
    broadcast_strides("write_strided", values.shape, shape)
    _walk(x, offset, strides, shape)[...] = values


def check_values(operation: str, x: np.ndarray, values: np.ndarray) -> None:
    """Raise DTypeError unless the values have the element type of the array that takes them."""
    if x.dtype != values.dtype:
        raise DTypeError(f"{operation}: expected values of {x.dtype}, got {values.dtype}; convert them with astype")


def _walk(x: np.ndarray, offset: int, strides: Shape, shape: Shape) -> np.ndarray:
    """Return the elements as a view, from the first on; nothing is read from a walk without elements."""
    steps = tuple(stride * x.itemsize for stride in strides)
    return as_strided(x.reshape(-1)[offset:], shape, steps)
