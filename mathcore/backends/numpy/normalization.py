"""Normalization of channels on NumPy arrays: x (..., C) with M values a channel; all else (C,).

Sums are taken in float64, whatever the arrays hold.
"""

from __future__ import annotations

import numpy as np


def batch_statistics(x: np.ndarray, *, eps: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, variance (divided by M) and 1 / sqrt(variance + eps) of each channel.

    Source:
        Ioffe, Szegedy, Batch Normalization (2015), algorithm 1.
    """
    axes = tuple(range(x.ndim - 1))
    exact = x.mean(axis=axes, dtype=np.float64)
    variance = np.square(x - exact).mean(axis=axes).astype(x.dtype)
    return exact.astype(x.dtype), variance, inverse_deviation(variance, eps=eps)


def inverse_deviation(variance: np.ndarray, *, eps: float) -> np.ndarray:
    """Return 1 / sqrt(variance + eps)."""
    one = variance.dtype.type(1)
    return np.asarray(one / np.sqrt(variance + variance.dtype.type(eps)))


def normalize(
    x: np.ndarray, mean: np.ndarray, inverse: np.ndarray, gamma: np.ndarray, beta: np.ndarray,
    *, addend: np.ndarray | None, activation: str,
) -> np.ndarray:  # fmt: skip
    """Return activation((x - mean) * inverse * gamma + beta + addend)."""
    y: np.ndarray = x - mean
    y *= inverse
    y *= gamma
    y += beta
    if addend is not None:
        y += addend
    return np.maximum(y, 0, out=y) if activation == "relu" else y


def before_activation(
    dy: np.ndarray, x: np.ndarray, mean: np.ndarray, inverse: np.ndarray, gamma: np.ndarray, beta: np.ndarray,
    *, activated: np.ndarray | None, activation: str,
) -> np.ndarray:  # fmt: skip
    """Return the gradient of what went into the activation, and so of the addend."""
    if activation != "relu":
        return dy
    if activated is None:
        activated = normalize(x, mean, inverse, gamma, beta, addend=None, activation="identity")
    return np.where(activated > 0, dy, dy.dtype.type(0))


def gradient(
    dz: np.ndarray, x: np.ndarray, mean: np.ndarray, inverse: np.ndarray, gamma: np.ndarray,
    dgamma: np.ndarray, dbeta: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Return the gradient of x through the normalization and its statistics; write those of gamma and beta.

    Source:
        Ioffe, Szegedy, Batch Normalization (2015), section 3, with the sums put together.
    """
    axes = tuple(range(x.ndim - 1))
    normalized = (x - mean) * inverse
    dgamma[...] = (dz * normalized).sum(axis=axes, dtype=np.float64)
    dbeta[...] = dz.sum(axis=axes, dtype=np.float64)
    share = x.dtype.type(1 / (x.size // x.shape[-1]))
    return np.asarray((gamma * inverse) * (dz - dbeta * share - normalized * (dgamma * share)))


def follow(
    observed: np.ndarray, running: np.ndarray, following: np.ndarray, *, decay: float, factor: float = 1.0
) -> None:
    """Write decay * running + (1 - decay) * factor * observed."""
    number = running.dtype.type
    following[...] = number(decay) * running + number((1 - decay) * factor) * observed
