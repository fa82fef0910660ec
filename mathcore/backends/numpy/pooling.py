"""Two-dimensional pooling on NumPy arrays: maxima or means of windows of images (N, H, W, C).

Windows that reach over the border see the padding: minus infinity for maxima, zero for means. Where windows overlap,
gradients add up in the order of the element's place in its window, row by row.
"""

from __future__ import annotations

import numpy as np

from mathcore.backends.numpy.convolution import pad_images, window_elements
from mathcore.backends.shapes import Pair, Shape, windows_shape


def max_pooling_2d(x: np.ndarray, *, ksize: Pair, stride: Pair, pad: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Return the maxima (N, OH, OW, C) and where each was, as uint8 row * KW + column (first on ties)."""
    count = windows_shape(x.shape, ksize=ksize, stride=stride, pad=pad)
    padded = pad_images(x, pad, -np.inf)
    y = window_elements(padded, 0, 0, count=count, stride=stride).copy()
    positions = np.zeros(y.shape, np.uint8)
    for position in range(1, ksize[0] * ksize[1]):
        candidate = window_elements(padded, *divmod(position, ksize[1]), count=count, stride=stride)
        # Positions grow, so their maximum is the last that exceeded all before it: the first of equal maxima.
        np.maximum(positions, (candidate > y) * np.uint8(position), out=positions)
        np.maximum(y, candidate, out=y)
    return y, positions


def max_pooling_2d_gradient(
    dy: np.ndarray, positions: np.ndarray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
) -> np.ndarray:
    """Return ``dx``: each gradient goes to the element that was the maximum."""
    dx = _padded_zeros(x_shape, pad, dy)
    count = (dy.shape[1], dy.shape[2])
    for position in range(ksize[0] * ksize[1]):
        elements = window_elements(dx, *divmod(position, ksize[1]), count=count, stride=stride)
        elements += np.where(positions == position, dy, dy.dtype.type(0))
    return _without_padding(dx, x_shape, pad)


def average_pooling_2d(x: np.ndarray, *, ksize: Pair, stride: Pair, pad: Pair) -> np.ndarray:
    """Return the window means (N, OH, OW, C); padding counts as zeros, the divisor is always KH * KW."""
    count = windows_shape(x.shape, ksize=ksize, stride=stride, pad=pad)
    padded = pad_images(x, pad)
    y = window_elements(padded, 0, 0, count=count, stride=stride).copy()
    for position in range(1, ksize[0] * ksize[1]):
        y += window_elements(padded, *divmod(position, ksize[1]), count=count, stride=stride)
    y /= y.dtype.type(ksize[0] * ksize[1])
    return y


def average_pooling_2d_gradient(dy: np.ndarray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair) -> np.ndarray:
    """Return ``dx``: each gradient divided by KH * KW goes to every element of its window."""
    dx = _padded_zeros(x_shape, pad, dy)
    share = dy / dy.dtype.type(ksize[0] * ksize[1])
    for position in range(ksize[0] * ksize[1]):
        elements = window_elements(dx, *divmod(position, ksize[1]), count=(dy.shape[1], dy.shape[2]), stride=stride)
        elements += share
    return _without_padding(dx, x_shape, pad)


def _padded_zeros(x_shape: Shape, pad: Pair, like: np.ndarray) -> np.ndarray:
    return np.zeros((x_shape[0], x_shape[1] + 2 * pad[0], x_shape[2] + 2 * pad[1], x_shape[3]), like.dtype)


def _without_padding(x: np.ndarray, x_shape: Shape, pad: Pair) -> np.ndarray:
    return np.ascontiguousarray(x[:, pad[0] : pad[0] + x_shape[1], pad[1] : pad[1] + x_shape[2]])
