"""Initial parameters and batches by formula: the same numbers for PyTorch and for Nabe, and nothing large to store.

Number i of an array is made of the bits of a hash of its name and i (splitmix64), in exact arithmetic.
"""

from __future__ import annotations

import math
import zlib

import numpy as np

STEPS = 10
MOMENTUM = 0.9
CLASSES = 10


def centred(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return float64 numbers of -0.5 to 0.5 with 24 bits each."""
    x = np.arange(math.prod(shape), dtype=np.uint64) + np.uint64(zlib.crc32(name.encode()) << 32)
    x *= np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return ((x >> np.uint64(40)).astype(np.float64) * 2.0**-24 - 0.5).reshape(shape)


def initial(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the initial values of the array ``<layer>/<parameter>``, float32, in Nabe's order of axes."""
    values = centred(name, shape)
    parameter = name.split("/")[1]
    if parameter == "w":
        values = values * math.sqrt(24 / math.prod(shape[:-1]))
    if parameter == "gamma":
        values = 1 + 0.4 * values
    if parameter in ("b", "beta"):
        values = 0.2 * values
    if parameter in ("mean", "variance"):
        values = np.full(shape, 0.0 if parameter == "mean" else 1.0)
    return values.astype(np.float32)


def batch(step: int, count: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return images (N, H, W, C) float32 and labels (N,) int32 of a step; two batches take turns."""
    turn = step % 2
    images = 2 * centred(f"images {turn}", (count, *shape))
    labels = (np.arange(count) * 7 + turn * 3) % CLASSES
    return images.astype(np.float32), labels.astype(np.int32)
