"""Comparing element by element, which gives logical arrays, and whole arrays, which gives True or False."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mathcore
from mathcore.array import NDArray
from mathcore.dtypes import is_floating, promote
from mathcore.matlab.arithmetic import aligned, operands
from mathcore.matlab.classes import computing_class
from mathcore.matlab.matrix import Matrix, as_matrix


def eq(A: Any, B: Any) -> Matrix:
    """Return A == B."""
    return _compared(mathcore.equal, A, B)


def ge(A: Any, B: Any) -> Matrix:
    """Return A >= B."""
    return _compared(mathcore.greater_equal, A, B)


def gt(A: Any, B: Any) -> Matrix:
    """Return A > B."""
    return _compared(mathcore.greater, A, B)


def le(A: Any, B: Any) -> Matrix:
    """Return A <= B."""
    return _compared(mathcore.less_equal, A, B)


def lt(A: Any, B: Any) -> Matrix:
    """Return A < B."""
    return _compared(mathcore.less, A, B)


def ne(A: Any, B: Any) -> Matrix:
    """Return A ~= B."""
    return _compared(mathcore.not_equal, A, B)


def isequal(*arrays: Any) -> bool:
    """Return whether all arrays have the same size and values, of whatever class; NaN equals nothing."""
    first, *others = _matrices(arrays)
    return all(_same(first, other, eq) for other in others)


def isequaln(*arrays: Any) -> bool:
    """Return whether all arrays have the same size and values, of whatever class; NaN equals NaN."""
    first, *others = _matrices(arrays)
    return all(_same(first, other, _equal_or_both_nan) for other in others)


def isclose(A: Any, B: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Matrix:
    """Return whether A == B or abs(A - B) <= atol + rtol * abs(B), element by element.

    NaN is close to NaN if ``equal_nan`` says so.
    """
    a = as_matrix(A, B if isinstance(B, Matrix) else None)
    x, y = aligned(*(_floating(one.array) for one in (a, as_matrix(B, a))))
    close = (x == y) | (mathcore.abs(x - y) <= atol + rtol * mathcore.abs(y))
    return Matrix(close | (mathcore.isnan(x) & mathcore.isnan(y)) if equal_nan else close)


def allclose(A: Any, B: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Return whether all elements are close, as by ``isclose``."""
    return bool(mathcore.all(isclose(A, B, rtol=rtol, atol=atol, equal_nan=equal_nan).array).item())


def _compared(function: Callable[[Any, Any], NDArray], A: Any, B: Any) -> Matrix:
    given = operands(A, B)
    meeting = computing_class(promote(*(x.dtype for x in given if isinstance(x, NDArray))), given)
    return Matrix(function(*(x.astype(meeting, copy=False) if isinstance(x, NDArray) else x for x in aligned(*given))))


def _matrices(arrays: tuple[Any, ...]) -> list[Matrix]:
    like = next((x for x in arrays if isinstance(x, Matrix)), None)
    return [as_matrix(x, like) for x in arrays]


def _same(a: Matrix, b: Matrix, compare: Callable[[Matrix, Matrix], Matrix]) -> bool:
    return a.array.shape == b.array.shape and bool(mathcore.all(compare(a, b).array).item())


def _equal_or_both_nan(a: Matrix, b: Matrix) -> Matrix:
    both = mathcore.isnan(_floating(a.array)) & mathcore.isnan(_floating(b.array))
    return Matrix(eq(a, b).array | both)


def _floating(x: NDArray) -> NDArray:
    return x if is_floating(x.dtype) else x.astype(mathcore.float32)
