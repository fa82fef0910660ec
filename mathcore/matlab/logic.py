"""Logical arrays: their operations, whether any or all elements are true, where they are. Anything but 0 is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mathcore
from mathcore.array import NDArray
from mathcore.matlab.arithmetic import aligned
from mathcore.matlab.matrix import Matrix, as_matrix
from mathcore.matlab.reduction import reduced
from mathcore.matlab.sizes import flat


def and_(A: Any, B: Any) -> Matrix:
    """Return A & B, element by element."""
    return _logical(mathcore.logical_and, A, B)


def or_(A: Any, B: Any) -> Matrix:
    """Return A | B, element by element."""
    return _logical(mathcore.logical_or, A, B)


def xor(A: Any, B: Any) -> Matrix:
    """Return whether exactly one of A and B is true, element by element."""
    return _logical(mathcore.logical_xor, A, B)


def not_(A: Any) -> Matrix:
    """Return ~A."""
    return Matrix(mathcore.logical_not(_truth(as_matrix(A))))


def any(A: Any, dim: int | None = None) -> Matrix:
    """Return whether an element along ``dim`` is true, by default along the first axis that is longer than 1."""
    return reduced(mathcore.any, as_matrix(A), dim)


def all(A: Any, dim: int | None = None) -> Matrix:
    """Return whether all elements along ``dim`` are true, by default along the first axis that is longer than 1."""
    return reduced(mathcore.all, as_matrix(A), dim)


def find(A: Any) -> Matrix:
    """Return the linear places of the elements that are not 0, int32: a row for a row, a column for all else."""
    x = as_matrix(A).array
    places = mathcore.nonzero(flat(x))[0] + 1
    if (x.size == 1 and not places.size) or (x.shape[0] == 0 and 0 in x.shape[1:]):
        return Matrix(places.reshape(0, 0))
    return Matrix(places.reshape((1, places.size) if x.ndim == 2 and x.shape[0] == 1 else (places.size, 1)))


def _logical(function: Callable[[Any, Any], NDArray], A: Any, B: Any) -> Matrix:
    like = next((x for x in (A, B) if isinstance(x, Matrix)), None)
    return Matrix(function(*aligned(*(_truth(as_matrix(x, like)) for x in (A, B)))))


def _truth(x: Matrix) -> NDArray:
    return x.array.astype(mathcore.bool, copy=False)
