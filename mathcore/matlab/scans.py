"""Running sums and sorting along one axis: by default the first that is not of length 1."""

from __future__ import annotations

from typing import Any

import mathcore
from mathcore.errors import MathcoreError
from mathcore.matlab.matrix import Matrix, as_matrix
from mathcore.matlab.reduction import with_axis

DESCENDING = {"ascend": False, "descend": True}


def cumsum(A: Any, dim: int | None = None) -> Matrix:
    """Return the running sums along ``dim``; int32 for uint8 and logical."""
    array, axis = with_axis(as_matrix(A).array, dim)
    wide = mathcore.int32 if array.dtype in (mathcore.bool, mathcore.uint8) else array.dtype
    return Matrix(mathcore.cumulative_sum(array.astype(wide, copy=False), axis=axis))


def sort(A: Any, dim: int | None = None, mode: str = "ascend") -> Matrix:
    """Return the elements sorted along ``dim``; NaN counts as the largest.

    Raises:
        MathcoreError: if the mode is neither "ascend" nor "descend".
    """
    if mode not in DESCENDING:
        raise MathcoreError(f"sort: expected mode ascend or descend, got {mode!r}")
    array, axis = with_axis(as_matrix(A).array, dim)
    ready = array.astype(mathcore.uint8) if array.dtype == mathcore.bool else array
    return Matrix(mathcore.sort(ready, axis=axis, descending=DESCENDING[mode]).astype(array.dtype, copy=False))
