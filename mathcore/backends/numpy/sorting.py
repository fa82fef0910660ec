"""Sorting and searching of NumPy arrays."""

from __future__ import annotations

import numpy as np

from mathcore.backends.shapes import check_search


def sort(x: np.ndarray, *, descending: bool) -> np.ndarray:
    """Return ``x`` sorted along its last axis, equal elements in their order; NaN counts as larger than all numbers."""
    places = argsort(x, descending=descending)
    return np.take_along_axis(np.atleast_1d(x), np.atleast_1d(places), axis=-1).reshape(x.shape)


def argsort(x: np.ndarray, *, descending: bool) -> np.ndarray:
    """Return the int32 places that sort ``x`` along its last axis, those of equal elements in their order."""
    rows = np.atleast_1d(x)
    if descending:  # sorted from the end and read from the end, equal elements keep their order
        places = rows.shape[-1] - 1 - np.argsort(rows[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    else:
        places = np.argsort(rows, axis=-1, kind="stable")
    return np.asarray(places, np.int32).reshape(x.shape)


def searchsorted(ordered: np.ndarray, values: np.ndarray, *, side: str) -> np.ndarray:
    """Return the int32 places of ``values`` in the ascending ``ordered`` (n,): before equal elements or behind them."""
    check_search(ordered.shape, ordered.dtype, values.dtype, side)
    return np.asarray(np.searchsorted(ordered, values, side="left" if side == "left" else "right"), np.int32)
