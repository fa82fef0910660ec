"""Reductions along one axis: by default the first that is not of length 1.

An axis that is reduced keeps length 1. The largest and smallest elements of an axis of length 0 are none; the sum of a
0 by 0 array is 0, its product 1, its mean NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mathcore
from mathcore.array import NDArray
from mathcore.dtypes import is_floating
from mathcore.errors import MathcoreError, ShapeError
from mathcore.matlab.arithmetic import aligned, operands
from mathcore.matlab.classes import computing_class
from mathcore.matlab.matrix import Matrix, as_matrix
from mathcore.matlab.sizes import padded

Reduction = Callable[..., NDArray]


def max(A: Any, B: Any = None, dim: int | None = None) -> Matrix:
    """Return the largest elements along ``dim``, or with B the larger of each two; NaN wins.

    Args:
        A, B: arrays or numbers; B is None or [] to reduce A.
        dim: the axis, from 1 on.
    """
    if _given(B):
        return _larger(mathcore.maximum, A, B)
    return _extreme(mathcore.max, as_matrix(A), dim)


def min(A: Any, B: Any = None, dim: int | None = None) -> Matrix:
    """Return the smallest elements along ``dim``, or with B the smaller of each two; NaN wins."""
    if _given(B):
        return _larger(mathcore.minimum, A, B)
    return _extreme(mathcore.min, as_matrix(A), dim)


def argmax(A: Any, B: Any = None, dim: int | None = None) -> tuple[Matrix, Matrix]:
    """Return the largest elements along ``dim`` and the place of the first of each, int32, from 1 on."""
    return max(A, None, dim), _extreme_place(mathcore.argmax, as_matrix(A), dim)


def argmin(A: Any, B: Any = None, dim: int | None = None) -> tuple[Matrix, Matrix]:
    """Return the smallest elements along ``dim`` and the place of the first of each, int32, from 1 on."""
    return min(A, None, dim), _extreme_place(mathcore.argmin, as_matrix(A), dim)


def sum(A: Any, dim: int | None = None) -> Matrix:
    """Return the sums along ``dim``; int32 for uint8 and logical, so that none overflows soon."""
    return reduced(mathcore.sum, as_matrix(A), dim)


def prod(A: Any, dim: int | None = None) -> Matrix:
    """Return the products along ``dim``; int32 for uint8 and logical."""
    return reduced(mathcore.prod, as_matrix(A), dim)


def mean(A: Any, dim: int | None = None) -> Matrix:
    """Return the means along ``dim``, single for whole numbers."""
    return reduced(mathcore.mean, _floating(A), dim)


def variance(A: Any, w: int = 0, dim: int | None = None) -> Matrix:
    """Return the variances along ``dim``, single for whole numbers.

    Args:
        A: the values.
        w: 0 divides by N - 1 (by 1 if N is 1), 1 by N.
        dim: the axis, from 1 on.
    Raises:
        MathcoreError: if ``w`` is neither.
    """
    return reduced(_spread(mathcore.var, w), _floating(A), dim)


def std(A: Any, w: int = 0, dim: int | None = None) -> Matrix:
    """Return the square roots of the variances; arguments as there."""
    return reduced(_spread(mathcore.std, w), _floating(A), dim)


def reduced(function: Reduction, x: Matrix, dim: int | None) -> Matrix:
    """Return ``function`` along an axis that keeps length 1."""
    empty = dim is None and x.array.shape == (0, 0)
    array, axis = with_axis(x.array.reshape(0, 1) if empty else x.array, dim)
    return Matrix(function(array, axis=axis, keepdims=True))


def with_axis(x: NDArray, dim: int | None) -> tuple[NDArray, int]:
    """Return the array, with the axis that ``dim`` (from 1 on) means, and that axis from 0 on.

    Raises:
        ShapeError: if ``dim`` is less than 1.
    """
    if dim is None:
        return x, next((axis for axis, length in enumerate(x.shape) if length != 1), 0)
    if dim < 1:
        raise ShapeError(f"expected a dimension of 1 or more, got {dim}")
    return padded(x, dim), dim - 1


def _given(B: Any) -> bool:
    return B is not None and not (isinstance(B, list | tuple) and not B)


def _extreme(function: Reduction, x: Matrix, dim: int | None) -> Matrix:
    array, axis = with_axis(_numeric(x.array), dim)
    if not array.shape[axis]:
        return Matrix(x.array.copy())
    return Matrix(function(array, axis=axis, keepdims=True).astype(x.array.dtype, copy=False))


def _extreme_place(function: Reduction, x: Matrix, dim: int | None) -> Matrix:
    array, axis = with_axis(_numeric(x.array), dim)
    if not array.shape[axis]:
        return Matrix(array.astype(mathcore.int32))
    return Matrix(function(array, axis=axis, keepdims=True) + 1)


def _larger(function: Reduction, A: Any, B: Any) -> Matrix:
    given = operands(A, B)
    dtype = mathcore.result_type(*(x for x in given if isinstance(x, NDArray)))
    computing = mathcore.uint8 if dtype == mathcore.bool else computing_class(dtype, given)
    ready = [x.astype(computing, copy=False) if isinstance(x, NDArray) else x for x in aligned(*given)]
    return Matrix(function(*ready).astype(dtype, copy=False))


def _numeric(x: NDArray) -> NDArray:
    return x.astype(mathcore.uint8) if x.dtype == mathcore.bool else x


def _floating(A: Any) -> Matrix:
    x = as_matrix(A)
    return x if is_floating(x.array.dtype) else Matrix(x.array.astype(mathcore.float32))


def _spread(function: Reduction, w: int) -> Reduction:
    if w not in (0, 1):
        raise MathcoreError(f"variance: expected w of 0 (divide by N - 1) or 1 (by N), got {w}")

    def spread(x: NDArray, *, axis: int, keepdims: bool) -> NDArray:
        correction = 1 - w if x.shape[axis] > 1 else 0
        return function(x, axis=axis, correction=correction, keepdims=keepdims)

    return spread
