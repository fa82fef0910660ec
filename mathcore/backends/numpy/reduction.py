"""Reductions and running sums of NumPy arrays."""

from __future__ import annotations

import numpy as np

from mathcore.backends.shapes import check_reduction, check_scan


def reduce(operation: str, x: np.ndarray, axis: int | None) -> np.ndarray:
    """Reduce along one axis or all; ``argmax`` and ``argmin`` give int32, ``any`` and ``all`` bool."""
    check_reduction(operation, x.dtype, x.shape, axis)
    with np.errstate(all="ignore"):  # infinities and NaN are values here, as on devices
        if operation in ("argmax", "argmin"):
            return np.asarray(getattr(np, operation)(x, axis=axis), np.int32)
        if operation in ("max", "min", "any", "all"):
            return np.asarray(getattr(np, operation)(x, axis=axis))
        if operation == "mean":
            total = np.sum(x, axis=axis, dtype=x.dtype)  # np.mean warns where there is nothing
            return np.asarray(total / x.dtype.type(x.size if axis is None else x.shape[axis]))
        return np.asarray(getattr(np, operation)(x, axis=axis, dtype=x.dtype))


def scan(operation: str, x: np.ndarray, axis: int) -> np.ndarray:
    """Return the running ``sum`` or ``prod`` along an axis."""
    check_scan(operation, x.shape, axis)
    function = np.cumsum if operation == "sum" else np.cumprod
    with np.errstate(all="ignore"):
        return np.asarray(function(x, axis=axis, dtype=x.dtype))
