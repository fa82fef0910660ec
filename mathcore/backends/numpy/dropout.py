"""Dropout on NumPy arrays: random elements become 0, the others grow so that the mean stays."""

from __future__ import annotations

import math

import numpy as np

from mathcore.random.layer_stream import GROUP, example_words


def dropout(x: np.ndarray, key: np.ndarray, *, ratio: float, stream: int) -> np.ndarray:
    """Return ``x`` (N, ...) with elements of each example set to 0 with probability ``ratio``, others / (1 - ratio).

    An element stays where its random word is at least ``ratio`` * 2**32. Of the 64 elements from 64 g on, element
    64 g + 16 w + l has word w of block 16 g + l, so that devices draw along their vectors.

    Source:
        Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014), section 10.
    """
    rows = x.reshape(len(x), math.prod(x.shape[1:]))
    y = np.empty_like(rows)
    for place, row in enumerate(rows):
        kept = _words(key, stream, place, len(row)) >= threshold(ratio)
        y[place] = np.where(kept, row * x.dtype.type(1 / (1 - ratio)), x.dtype.type(0))
    return y.reshape(x.shape)


def threshold(ratio: float) -> int:
    """Return the smallest word that keeps its element."""
    return min(round(ratio * 2**32), 2**32 - 1)


def _words(key: np.ndarray, stream: int, place: int, size: int) -> np.ndarray:
    groups = -(-size // GROUP)
    words = example_words(key, stream, place=place, blocks=groups * GROUP // 4)
    return words.reshape(4, groups, GROUP // 4).swapaxes(0, 1).reshape(-1)[:size]
