"""Triangles of matrices, and the coordinates of grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from mathcore.array import NDArray
from mathcore.errors import MathcoreError, ShapeError
from mathcore.functions.manipulation import broadcast_to
from mathcore.functions.operands import same_device, to_array

__all__ = ["meshgrid", "tril", "triu"]


def tril(x: Any, /, *, k: int = 0) -> NDArray:
    """Return the lower triangles of matrices (..., M, N), the rest 0; they end ``k`` places right of the diagonal.

    Raises:
        ShapeError: if ``x`` has fewer than two axes.
    """
    array = to_array("tril", x)
    zero = array.backend.zeros((), array.dtype)
    return array.backend.elementwise("where", _at_most("tril", array, k), array, zero)


def triu(x: Any, /, *, k: int = 0) -> NDArray:
    """Return the upper triangles of matrices (..., M, N), the rest 0; they begin ``k`` places right of the diagonal.

    Raises:
        ShapeError: if ``x`` has fewer than two axes.
    """
    array = to_array("triu", x)
    zero = array.backend.zeros((), array.dtype)
    return array.backend.elementwise("where", _at_most("triu", array, k - 1), zero, array)


def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[NDArray, ...]:
    """Return the coordinates of a grid, one array for each axis of it.

    Args:
        arrays: the coordinates along each axis (n,).
        indexing: ``"ij"``: the axes are in the order of the arrays; ``"xy"``: the first two change places.
    Raises:
        ShapeError: if an array does not have one axis.
        MathcoreError: if ``indexing`` is neither.
        DeviceError: if arrays of two devices meet.
    """
    if indexing not in ("xy", "ij"):
        raise MathcoreError(f"meshgrid: expected indexing 'xy' or 'ij', got {indexing!r}")
    first = next((x for x in arrays if isinstance(x, NDArray)), None)
    known = [to_array("meshgrid", x, first) for x in arrays]
    if any(x.ndim != 1 for x in known):
        raise ShapeError(f"meshgrid: expected arrays of one axis, got shapes {', '.join(str(x.shape) for x in known)}")
    if not known:
        return ()
    same_device("meshgrid", *known)
    order = list(range(len(known)))
    if indexing == "xy":
        order[:2] = order[:2][::-1]
    shape = tuple(known[place].size for place in order)
    grids = []
    for place, x in enumerate(known):
        own = tuple(x.size if axis == place else 1 for axis in order)
        grids.append(broadcast_to(x.backend.reshape(x, own), shape))
    return tuple(grids)


def _at_most(name: str, x: NDArray, k: int) -> NDArray:
    """Return where a matrix is at most ``k`` places right of its diagonal, as bool (M, N)."""
    if x.ndim < 2:
        raise ShapeError(f"{name}: expected matrices (..., M, N), got shape {x.shape}")
    backend, (M, N) = x.backend, x.shape[-2:]
    k = min(max(k, -M), N)  # beyond them nothing changes
    limits = backend.elementwise("add", backend.reshape(backend.iota(M), (M, 1)), backend.asarray(np.int32(k)))
    return backend.elementwise("less_equal", backend.iota(N), limits)
