"""Arithmetic element by element, and the product of matrices.

The class of a result is that of the arrays (``classes.py``). Sizes meet as in MATLAB: aligned at the first axis, a
length of 1 beside a longer one repeated. Whole numbers wrap; dividing them cuts towards zero, and by zero gives 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mathcore
from mathcore.array import NDArray
from mathcore.dtypes import is_integer
from mathcore.errors import ShapeError
from mathcore.matlab.classes import Number, arithmetic_class, computing_class
from mathcore.matlab.matrix import Matrix, as_matrix
from mathcore.matlab.sizes import padded

Operand = NDArray | Number


def plus(A: Any, B: Any) -> Matrix:
    """Return A + B."""
    return _combined(mathcore.add, A, B)


def minus(A: Any, B: Any) -> Matrix:
    """Return A - B."""
    return _combined(mathcore.subtract, A, B)


def times(A: Any, B: Any) -> Matrix:
    """Return A .* B, element by element."""
    return _combined(mathcore.multiply, A, B)


def rdivide(A: Any, B: Any) -> Matrix:
    """Return A ./ B; of whole numbers, the quotient cut towards zero."""
    return _combined(_quotient, A, B)


def ldivide(A: Any, B: Any) -> Matrix:
    r"""Return A .\ B, which is B ./ A."""
    return rdivide(B, A)


def power(A: Any, B: Any) -> Matrix:
    """Return A .^ B; NaN where the result would be complex."""
    return _combined(mathcore.pow, A, B)


def mtimes(A: Any, B: Any) -> Matrix:
    """Return the product of two matrices, or of an array and a single number.

    Raises:
        ShapeError: if one is no matrix, or the columns of A are not as many as the rows of B.
    """
    a, b = operands(A, B)
    if any(not isinstance(x, NDArray) or x.size == 1 for x in (a, b)):
        return times(A, B)
    assert isinstance(a, NDArray)
    assert isinstance(b, NDArray)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
        raise ShapeError(f"mtimes: expected matrices (m, k) and (k, n), got {a.shape} and {b.shape}")
    dtype = arithmetic_class(a, b)
    return Matrix(mathcore.matmul(a.astype(dtype, copy=False), b.astype(dtype, copy=False)))


def uplus(A: Any) -> Matrix:
    """Return +A: the same values, single where they were logical."""
    return Matrix(_number_array(A).copy())


def uminus(A: Any) -> Matrix:
    """Return -A."""
    return Matrix(mathcore.negative(_number_array(A)))


def floor(A: Any) -> Matrix:
    """Return the largest whole numbers that are not above A."""
    return Matrix(mathcore.floor(_number_array(A)))


def fix(A: Any) -> Matrix:
    """Return A cut towards zero."""
    return Matrix(mathcore.trunc(_number_array(A)))


def ceil(A: Any) -> Matrix:
    """Return the smallest whole numbers that are not below A."""
    return Matrix(mathcore.ceil(_number_array(A)))


def round(A: Any) -> Matrix:
    """Return the nearest whole numbers, halves away from zero."""
    x = _number_array(A)
    if is_integer(x.dtype):
        return Matrix(x.copy())
    cut = mathcore.trunc(x)
    return Matrix(mathcore.where(mathcore.abs(x - cut) >= 0.5, cut + mathcore.sign(x), cut))


def abs(A: Any) -> Matrix:
    """Return the magnitudes of A."""
    return Matrix(mathcore.abs(_number_array(A)))


def exp(A: Any) -> Matrix:
    """Return e to the power of A, element by element; single for whole numbers."""
    return Matrix(mathcore.exp(_number_array(A)))


def log(A: Any) -> Matrix:
    """Return the natural logarithm of A; single for whole numbers, NaN below zero."""
    return Matrix(mathcore.log(_number_array(A)))


def sqrt(A: Any) -> Matrix:
    """Return the square root of A; single for whole numbers, NaN below zero."""
    return Matrix(mathcore.sqrt(_number_array(A)))


def operands(A: Any, B: Any) -> tuple[Operand, ...]:
    """Return arrays, and a number as it is beside an array."""
    numbers = (bool, int, float)
    if isinstance(A, numbers) and isinstance(B, numbers):
        return Matrix(A).array, B
    like = next((x for x in (A, B) if isinstance(x, Matrix)), None)
    return tuple(x if isinstance(x, numbers) else as_matrix(x, like).array for x in (A, B))


def aligned(*operands: Operand) -> list[Operand]:
    """Return the operands with as many axes each, appended behind; numbers stay as they are."""
    ndim = max(x.ndim for x in operands if isinstance(x, NDArray))
    return [padded(x, ndim) if isinstance(x, NDArray) else x for x in operands]


def _combined(function: Callable[[Any, Any], NDArray], A: Any, B: Any) -> Matrix:
    given = operands(A, B)
    dtype = arithmetic_class(*(x for x in given if isinstance(x, NDArray)))
    computing = computing_class(dtype, given)
    ready = [x.astype(computing, copy=False) if isinstance(x, NDArray) else x for x in aligned(*given)]
    return Matrix(function(*ready).astype(dtype, copy=False))


def _number_array(A: Any) -> NDArray:
    x = as_matrix(A).array
    return x.astype(arithmetic_class(x), copy=False)


def _quotient(x: NDArray, y: NDArray) -> NDArray:
    whole = next(operand.dtype for operand in (x, y) if isinstance(operand, NDArray))
    if not is_integer(whole):
        return mathcore.divide(x, y)
    below = mathcore.floor_divide(x, y)
    between = mathcore.remainder(x, y) != 0  # never beside a divisor of 0, which leaves no remainder here
    return below + (between & (below < 0)).astype(whole)
