"""Making, viewing, combining and reducing NumPy arrays under the rules of the backend protocol."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from mathcore.backends.shapes import (
    Shape,
    broadcast_shape,
    check_elementwise,
    check_reduction,
    matmul_shape,
)
from mathcore.errors import DTypeError, ShapeError

DTYPES = tuple(np.dtype(name) for name in ("float32", "float64", "int32", "uint8", "bool"))

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "negative": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "pow": np.power,
    "equal": np.equal,
    "less": np.less,
    "less_equal": np.less_equal,
}


def check_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return ``dtype`` if arrays may have it.

    Raises:
        DTypeError: if not.
    """
    if dtype not in DTYPES:
        raise DTypeError(f"expected float32, int32, uint8 or bool, got {dtype}; convert the values first")
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


def elementwise(operation: str, *operands: np.ndarray) -> np.ndarray:
    """Apply a named operation with broadcasting."""
    check_elementwise(operation, [x.dtype for x in operands])
    broadcast_shape(operation, [x.shape for x in operands])
    with np.errstate(all="ignore"):  # infinities and NaN are values here, as on devices
        return np.asarray(FUNCTIONS[operation](*operands))


def matmul(a: np.ndarray, b: np.ndarray, *, transpose_a: bool, transpose_b: bool) -> np.ndarray:
    """Return the matrix product of ``a`` and ``b``, each given transposed if so flagged."""
    matmul_shape(a.shape, b.shape, transpose_a=transpose_a, transpose_b=transpose_b)
    product: np.ndarray = (a.T if transpose_a else a) @ (b.T if transpose_b else b)
    return product


def reduce(operation: str, x: np.ndarray, axis: int | None) -> np.ndarray:
    """Reduce along one axis or all; the type stays, save that ``argmax`` gives int32. Means need floating point."""
    check_reduction(operation, x.shape, axis)
    if operation == "argmax":
        return np.asarray(np.argmax(x, axis=axis), np.int32)
    if operation == "mean" and x.dtype.kind != "f":
        raise DTypeError(f"mean: expected float32, got {x.dtype}; convert it with asarray(x.numpy(), 'float32')")
    if operation in ("max", "min"):
        return np.asarray(getattr(np, operation)(x, axis=axis))
    return np.asarray(getattr(np, operation)(x, axis=axis, dtype=x.dtype))
