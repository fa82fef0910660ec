"""Shape and type rules that all backends share, with the messages of what does not fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mathcore.errors import DTypeError, MathcoreError, ShapeError

Pair = tuple[int, int]
Shape = tuple[int, ...]

OF_NOTHING = frozenset({"sum", "prod", "mean", "any", "all"})
REDUCTIONS = frozenset({"max", "min", "argmax", "argmin"}) | OF_NOTHING
SCANS = frozenset({"sum", "prod"})


def window_count(size: int, *, ksize: int, stride: int, pad: int) -> int:
    """Return how many windows of ``ksize`` fit along an axis of ``size`` with ``pad`` on both sides."""
    return (size + 2 * pad - ksize) // stride + 1


def covering_window_count(size: int, *, ksize: int, stride: int, pad: int) -> int:
    """Return how many windows cover an axis: the last one may reach beyond the padding, but begins before it.

    Source:
        Caffe and PyTorch (``ceil_mode``); Chainer (``cover_all``) keeps windows that lie in the padding alone.
    """
    count = -(-(size + 2 * pad - ksize) // stride) + 1
    return count - 1 if (count - 1) * stride >= size + pad else count


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


def contiguous_strides(shape: Shape) -> Shape:
    """Return how many elements apart neighbours along each axis of a contiguous array are."""
    strides, stride = [], 1
    for length in reversed(shape):
        strides.append(stride)
        stride *= length
    return tuple(reversed(strides))


def broadcast_strides(operation: str, shape: Shape, target: Shape) -> Shape:
    """Return the strides that read a contiguous array of ``shape`` as ``target``: 0 along the axes that repeat.

    Raises:
        ShapeError: if ``shape`` does not broadcast to ``target``.
    """
    new = len(target) - len(shape)
    if new < 0 or any(length not in (1, wanted) for length, wanted in zip(shape, target[new:], strict=False)):
        raise ShapeError(f"{operation}: expected a shape that broadcasts to {target}, got {shape}")
    own = zip(shape, contiguous_strides(shape), strict=True)
    return (0,) * new + tuple(0 if length == 1 else stride for length, stride in own)


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


def matmul_batched_shape(a: Shape, b: Shape) -> Shape:
    """Return (B, M, N) of the products of stacks (B, M, K) and (B, K, N).

    Raises:
        ShapeError: if an operand is no stack of matrices, or lengths differ that must agree.
    """
    if len(a) != 3 or len(b) != 3 or a[0] != b[0] or a[2] != b[1]:
        raise ShapeError(f"matmul: expected stacks of matrices (B, M, K) and (B, K, N), got {a} and {b}")
    return (a[0], a[1], b[2])


def check_size(x_shape: Shape, shape: Shape) -> None:
    """Raise ShapeError unless both shapes hold the same number of elements."""
    if math.prod(x_shape) != math.prod(shape) or any(length < 0 for length in shape):
        raise ShapeError(f"reshape: expected a shape of {math.prod(x_shape)} elements for {x_shape}, got {shape}")


def check_reduction(operation: str, dtype: np.dtype[Any], shape: Shape, axis: int | None) -> None:
    """Raise unless the reduction exists, takes ``dtype``, and ``axis`` is None or one of the axes of ``shape``."""
    if operation not in REDUCTIONS:
        raise DTypeError(f"expected one of {', '.join(sorted(REDUCTIONS))}, got reduction {operation!r}")
    if operation == "mean" and dtype.kind != "f":
        raise DTypeError(f"mean: expected float32, got {dtype}; convert it with astype")
    if axis is not None:
        check_axis(operation, shape, axis)
    reduced = math.prod(shape) if axis is None else shape[axis]
    if reduced == 0 and operation not in OF_NOTHING:
        raise ShapeError(f"{operation}: expected at least one element along the axis, got shape {shape}")


def check_scan(operation: str, shape: Shape, axis: int) -> None:
    """Raise unless the running operation exists and ``axis`` is one of the axes of ``shape``."""
    if operation not in SCANS:
        raise DTypeError(f"expected one of {', '.join(sorted(SCANS))}, got running {operation!r}")
    check_axis(f"running {operation}", shape, axis)


def check_axis(operation: str, shape: Shape, axis: int) -> None:
    """Raise ShapeError unless ``axis`` is one of the axes of ``shape``, counted from either end."""
    if not -len(shape) <= axis < len(shape):
        raise ShapeError(f"{operation}: expected an axis of shape {shape}, got {axis}")


def check_search(ordered: Shape, dtype: np.dtype[Any], values_dtype: np.dtype[Any], side: str) -> None:
    """Raise unless ``ordered`` is a vector, values have its type, and ``side`` is left or right."""
    if len(ordered) != 1:
        raise ShapeError(f"searchsorted: expected an ordered vector (n,), got shape {ordered}; flatten it")
    if values_dtype != dtype:
        raise DTypeError(f"searchsorted: expected values of {dtype}, got {values_dtype}; convert one with astype")
    if side not in ("left", "right"):
        raise MathcoreError(f"searchsorted: expected side 'left' or 'right', got {side!r}")
