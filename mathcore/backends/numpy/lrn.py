"""Local response normalization on NumPy arrays (..., C)."""

from __future__ import annotations

import numpy as np


def lrn(x: np.ndarray, *, size: int, alpha: float, beta: float, k: float) -> tuple[np.ndarray, np.ndarray]:
    """Return ``y = x / scale**beta`` and ``scale = k + alpha / size * window sums of x**2``."""
    number = x.dtype.type
    scale = number(alpha / size) * _window_sums(x * x, size) + number(k)
    return x * scale ** number(-beta), scale


def lrn_gradient(
    dy: np.ndarray, x: np.ndarray, y: np.ndarray, scale: np.ndarray, *, size: int, alpha: float, beta: float
) -> np.ndarray:
    """Return ``dx = dy / scale**beta - 2 alpha beta / size * x * window sums of dy * y / scale``."""
    number = x.dtype.type
    sums = _window_sums(dy * y / scale, size)
    return np.asarray(dy * scale ** number(-beta) - number(2 * alpha * beta / size) * x * sums)


def _window_sums(x: np.ndarray, size: int) -> np.ndarray:
    """Return the sums of the ``size`` channels around each, first to last; those that do not exist count as 0."""
    half = size // 2
    padded = np.pad(x, (*((0, 0),) * (x.ndim - 1), (half, half)))
    total = np.zeros_like(x)
    for place in range(size):
        total += padded[..., place : place + x.shape[-1]]
    return total
