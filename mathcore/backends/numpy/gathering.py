"""Gathering and scattering elements or rows of NumPy arrays by their places, and finding those of what is not 0."""

from __future__ import annotations

import numpy as np

from mathcore.backends.numpy.places import check_values


def gather(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return y with y[i] = flat x[places[i]], in the shape of ``places``."""
    return np.asarray(x.reshape(-1)[places])


def gather_rows(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return y with y[i] = x[places[i]], in the shape of ``places`` and an axis of C, for ``x`` (R, C)."""
    return np.array(x[places])


def scatter(x: np.ndarray, places: np.ndarray, values: np.ndarray) -> None:
    """Set flat x[places[i]] = values[i]; where places repeat, the last one counts."""
    check_values("scatter", x, values)
    x.reshape(-1)[places] = values


def scatter_rows(x: np.ndarray, places: np.ndarray, values: np.ndarray) -> None:
    """Set x[places[i]] = values[i] for ``x`` (R, C); where places repeat, the last one counts."""
    check_values("scatter", x, values)
    x[places] = values


def nonzero(x: np.ndarray) -> np.ndarray:
    """Return the flat places of the elements that are not 0, ascending, int32 (n,)."""
    return np.flatnonzero(x).astype(np.int32)
