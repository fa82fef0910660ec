"""Shape and type rules that all backends share, with the messages of what does not fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mathcore.errors import DTypeError, ShapeError

Pair = tuple[int, int]
Shape = tuple[int, ...]

COMPARISONS = frozenset({"equal", "less", "less_equal"})
FLOATING_ONLY = frozenset({"exp", "log", "sqrt", "tanh", "divide", "pow"})
OPERATIONS = frozenset({"negative", "abs", "add", "subtract", "multiply", "maximum", "minimum"}) | (
    COMPARISONS | FLOATING_ONLY
)
REDUCTIONS = frozenset({"sum", "mean", "max", "min", "argmax"})


def window_count(size: int, *, ksize: int, stride: int, pad: int) -> int:
    """Return how many windows of ``ksize`` fit along an axis of ``size`` with ``pad`` on both sides."""
    return (size + 2 * pad - ksize) // stride + 1


def windows_shape(x_shape: Shape, *, ksize: Pair, stride: Pair, pad: Pair) -> Pair:
    """Return (OH, OW) for images (N, H, W, C).

    Raises:
        ShapeError: if not one window fits.
    """
    height = window_count(x_shape[1], ksize=ksize[0], stride=stride[0], pad=pad[0])
    width = window_count(x_shape[2], ksize=ksize[1], stride=stride[1], pad=pad[1])
    if height < 1 or width < 1:
        raise ShapeError(f"expected images of at least {ksize} with pad {pad}, got {x_shape}; use a smaller ksize")
    return height, width


def broadcast_shape(operation: str, shapes: list[Shape]) -> Shape:
    """Return the common shape of operands.

    Raises:
        ShapeError: if they do not broadcast; names the operation and the shapes.
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        named = " and ".join(str(shape) for shape in shapes)
        raise ShapeError(f"{operation}: expected shapes that broadcast, got {named}; reshape one of them") from None


def matmul_shape(a: Shape, b: Shape, *, transpose_a: bool, transpose_b: bool) -> Shape:
    """Return (M, N) of a matrix product.

    Raises:
        ShapeError: if an operand is no matrix or the inner lengths differ.
    """
    if len(a) != 2 or len(b) != 2:
        raise ShapeError(f"matmul: expected two matrices, got shapes {a} and {b}; reshape them to two axes")
    rows, inner_a = reversed(a) if transpose_a else a
    inner_b, columns = reversed(b) if transpose_b else b
    if inner_a != inner_b:
        raise ShapeError(f"matmul: expected (M, K) and (K, N), got {(rows, inner_a)} and {(inner_b, columns)}")
    return rows, columns


def check_size(x_shape: Shape, shape: Shape) -> None:
    """Raise ShapeError unless both shapes hold the same number of elements."""
    if math.prod(x_shape) != math.prod(shape) or any(length < 0 for length in shape):
        raise ShapeError(f"reshape: expected a shape of {math.prod(x_shape)} elements for {x_shape}, got {shape}")


def check_elementwise(operation: str, dtypes: list[np.dtype[Any]]) -> None:
    """Raise DTypeError unless the operation exists and takes operands of these element types.

    Operands have one type: values are never converted silently. Roots, powers and quotients need floating point.
    """
    if operation not in OPERATIONS:
        raise DTypeError(f"expected one of {', '.join(sorted(OPERATIONS))}, got operation {operation!r}")
    if len(set(dtypes)) > 1:
        named = " and ".join(str(dtype) for dtype in dtypes)
        raise DTypeError(f"{operation}: expected operands of one dtype, got {named}; convert one with asarray")
    if operation in FLOATING_ONLY and dtypes[0].kind != "f":
        raise DTypeError(
            f"{operation}: expected float32, got {dtypes[0]}; convert it with asarray(x.numpy(), 'float32')"
        )


def check_reduction(operation: str, shape: Shape, axis: int | None) -> None:
    """Raise unless the reduction exists and ``axis`` is None or one of the axes of ``shape``."""
    if operation not in REDUCTIONS:
        raise DTypeError(f"expected one of {', '.join(sorted(REDUCTIONS))}, got reduction {operation!r}")
    if axis is not None and not -len(shape) <= axis < len(shape):
        raise ShapeError(f"{operation}: expected an axis of shape {shape}, got {axis}")
    reduced = math.prod(shape) if axis is None else shape[axis]
    if reduced == 0 and operation != "sum":
        raise ShapeError(f"{operation}: expected at least one element along the axis, got shape {shape}")
