"""Products of matrices, vectors and tensors; decompositions are in ``mathcore/linalg.py``.

Whole numbers are multiplied exactly and wrap; bool has no products.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import DTypeError, ShapeError
from mathcore.functions.arithmetic import multiply
from mathcore.functions.manipulation import broadcast_shapes, broadcast_to, permute_dims
from mathcore.functions.operands import normalize_axis, to_array, to_arrays
from mathcore.functions.statistical import sum as sum_of

__all__ = ["matmul", "matrix_transpose", "tensordot", "vecdot"]


def matmul(x1: NDArray, x2: NDArray, /, *, transpose_a: bool = False, transpose_b: bool = False) -> NDArray:
    """Return the matrix product (..., M, K) by (..., K, N) to (..., M, N); leading axes broadcast.

    Args:
        x1: a stack of matrices; a vector (K,) counts as a row.
        x2: a stack of matrices; a vector (K,) counts as a column.
        transpose_a: whether the matrix ``x1`` is given as (K, M); saves making ``x1.T``.
        transpose_b: whether the matrix ``x2`` is given as (N, K).
    Raises:
        ShapeError: if the lengths do not fit, or one of the operands has no axes.
        DTypeError: if the operands are bool.
    """
    a, b = to_arrays("matmul", x1, x2)
    if a.dtype.kind == "b":
        raise DTypeError("matmul: expected numbers, got bool; convert with astype")
    if len(a.shape) == len(b.shape) == 2 and a.dtype.kind == "f":  # nearly always
        return a.backend.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(f"matmul: expected operands with axes, got shapes {a.shape} and {b.shape}; use multiply")
    if transpose_a or transpose_b:
        if a.ndim != 2 or b.ndim != 2:
            raise ShapeError(f"matmul: expected two matrices where one is transposed, got {a.shape} and {b.shape}")
        return matmul(a.T if transpose_a else a, b.T if transpose_b else b)
    left = a.reshape(1, -1) if a.ndim == 1 else a
    right = b.reshape(-1, 1) if b.ndim == 1 else b
    if left.shape[-1] != right.shape[-2]:
        raise ShapeError(f"matmul: expected (..., M, K) and (..., K, N), got {a.shape} and {b.shape}")
    product = _stacked_product(left, right)
    rows = () if a.ndim == 1 else product.shape[-2:-1]
    columns = () if b.ndim == 1 else product.shape[-1:]
    return product if product.ndim == a.ndim == b.ndim else product.reshape(product.shape[:-2] + rows + columns)


def _stacked_product(a: NDArray, b: NDArray) -> NDArray:
    """Return the product of stacks of matrices whose inner lengths agree."""
    rows, inner, columns = a.shape[-2], a.shape[-1], b.shape[-1]
    if b.ndim == 2 and a.dtype.kind == "f":  # one matrix on the right: the rows of all on the left make one product
        return a.backend.matmul(a.reshape(math.prod(a.shape[:-1]), inner), b).reshape((*a.shape[:-1], columns))
    stack = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    count = math.prod(stack)
    product = a.backend.matmul_batched(
        broadcast_to(a, (*stack, rows, inner)).reshape(count, rows, inner),
        broadcast_to(b, (*stack, inner, columns)).reshape(count, inner, columns),
    )
    return product.reshape((*stack, rows, columns))


def matrix_transpose(x: NDArray, /) -> NDArray:
    """Return a copy with the last two axes exchanged.

    Raises:
        ShapeError: if there are fewer than two.
    """
    x = to_array("matrix_transpose", x)
    if x.ndim < 2:
        raise ShapeError(f"matrix_transpose: expected at least two axes, got shape {x.shape}")
    return permute_dims(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def vecdot(x1: NDArray, x2: NDArray, /, *, axis: int = -1) -> NDArray:
    """Return the sum of products along an axis, in the operands' type; the other axes broadcast.

    Args:
        axis: counted from the back, -1 to minus the fewer axes of the two.
    Raises:
        ShapeError: if the lengths along the axis differ or there is no such axis.
        DTypeError: if the operands are bool.
    """
    a, b = to_arrays("vecdot", x1, x2)
    if a.dtype.kind == "b":
        raise DTypeError("vecdot: expected numbers, got bool; convert with astype")
    if not -min(a.ndim, b.ndim) <= axis < 0:
        raise ShapeError(f"vecdot: expected an axis counted from the back, got {axis} for {a.shape}, {b.shape}")
    if a.shape[axis] != b.shape[axis]:
        raise ShapeError(f"vecdot: expected equal lengths along axis {axis}, got shapes {a.shape} and {b.shape}")
    return sum_of(multiply(a, b), axis=axis, dtype=a.dtype)


def tensordot(
    x1: NDArray, x2: NDArray, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2
) -> NDArray:
    """Return the sum of products over several axes of each operand.

    Args:
        axes: how many of the last axes of ``x1`` meet the first of ``x2``; or the axes of ``x1`` and those of ``x2``.
    Raises:
        ShapeError: if the lengths of the axes that meet differ.
        DTypeError: if the operands are bool.
    """
    a, b = to_arrays("tensordot", x1, x2)
    ours, theirs = _meeting_axes(a, b, axes)
    if [a.shape[axis] for axis in ours] != [b.shape[axis] for axis in theirs]:
        raise ShapeError(f"tensordot: expected equal lengths along axes {axes}, got shapes {a.shape} and {b.shape}")
    kept_a = [axis for axis in range(a.ndim) if axis not in ours]
    kept_b = [axis for axis in range(b.ndim) if axis not in theirs]
    inner = math.prod(a.shape[axis] for axis in ours)
    rows, columns = [a.shape[axis] for axis in kept_a], [b.shape[axis] for axis in kept_b]
    left = permute_dims(a, (*kept_a, *ours)).reshape(math.prod(rows), inner)
    right = permute_dims(b, (*theirs, *kept_b)).reshape(inner, math.prod(columns))
    return matmul(left, right).reshape((*rows, *columns))


def _meeting_axes(a: NDArray, b: NDArray, axes: Any) -> tuple[list[int], list[int]]:
    if isinstance(axes, int):
        if not 0 <= axes <= min(a.ndim, b.ndim):
            raise ShapeError(f"tensordot: expected axes of 0 to {min(a.ndim, b.ndim)}, got {axes}")
        return list(range(a.ndim - axes, a.ndim)), list(range(axes))
    ours = [normalize_axis("tensordot", axis, a.ndim) for axis in axes[0]]
    theirs = [normalize_axis("tensordot", axis, b.ndim) for axis in axes[1]]
    if len(ours) != len(theirs) or len(set(ours)) != len(ours) or len(set(theirs)) != len(theirs):
        raise ShapeError(f"tensordot: expected as many different axes of one as of the other, got {axes}")
    return ours, theirs


