"""What is asked of an array: its size, its form, its class."""

from __future__ import annotations

from typing import Any

import numpy as np

from mathcore.errors import ShapeError
from mathcore.matlab.classes import NAMES
from mathcore.matlab.matrix import Matrix, as_matrix


def size(X: Any, dim: int | None = None) -> Any:
    """Return the size as a row of int32, or the length of the axis ``dim`` (from 1 on) as a Python number.

    Raises:
        ShapeError: if ``dim`` is less than 1.
    """
    x = as_matrix(X)
    if dim is None:
        return Matrix(np.array(x.array.shape, np.int32), like=x)
    if dim < 1:
        raise ShapeError(f"size: expected a dimension of 1 or more, got {dim}")
    return x.array.shape[dim - 1] if dim <= x.array.ndim else 1


def sizejsa(X: Any) -> tuple[int, ...]:
    """Return the size as Python numbers."""
    return as_matrix(X).array.shape


def length(X: Any) -> int:
    """Return the longest length; 0 for an array without elements."""
    return max(sizejsa(X)) if numel(X) else 0


def ndims(X: Any) -> int:
    """Return the number of axes, 2 or more."""
    return as_matrix(X).array.ndim


def numel(X: Any) -> int:
    """Return the number of elements."""
    return as_matrix(X).array.size


def iscolumn(A: Any) -> bool:
    """Return whether A is n by 1."""
    return ismatrix(A) and sizejsa(A)[1] == 1


def isrow(A: Any) -> bool:
    """Return whether A is 1 by n."""
    return ismatrix(A) and sizejsa(A)[0] == 1


def isvector(A: Any) -> bool:
    """Return whether A is 1 by n or n by 1."""
    return isrow(A) or iscolumn(A)


def isempty(A: Any) -> bool:
    """Return whether A has no elements."""
    return numel(A) == 0


def ismatrix(A: Any) -> bool:
    """Return whether A has two axes."""
    return ndims(A) == 2


def isscalar(A: Any) -> bool:
    """Return whether A has one element."""
    return numel(A) == 1


def klass(A: Any) -> str:
    """Return the class: "single", "int32", "uint8", "logical", or another that the NumPy backend holds."""
    return NAMES[as_matrix(A).array.dtype]
