"""Two-dimensional pooling on NumPy arrays: maxima or means of windows of images (N, H, W, C).

Windows that reach over the border see the padding: minus infinity for maxima, zero for means. The last ones may reach
beyond it too. Where windows overlap, gradients add up in the order of the element's place in its window, row by row.
"""

from __future__ import annotations

import numpy as np

from mathcore.backends.numpy.convolution import window_elements
from mathcore.backends.shapes import Pair, Shape, windows_shape


def max_pooling_2d(
    x: np.ndarray, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the maxima (N, OH, OW, C) and where each was, as uint8 row * KW + column (first on ties)."""
    count = count or windows_shape(x.shape, ksize=ksize, stride=stride, pad=pad)
    padded = _padded(x, -np.inf, pad=pad, size=_extent(x.shape, count=count, ksize=ksize, stride=stride, pad=pad))
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
    count = (dy.shape[1], dy.shape[2])
    rows, columns = _extent(x_shape, count=count, ksize=ksize, stride=stride, pad=pad)
    dx = np.zeros((x_shape[0], rows, columns, x_shape[3]), dy.dtype)
    for position in range(ksize[0] * ksize[1]):
        elements = window_elements(dx, *divmod(position, ksize[1]), count=count, stride=stride)
        elements += np.where(positions == position, dy, dy.dtype.type(0))
    return _without_padding(dx, x_shape, pad)


def average_pooling_2d(
    x: np.ndarray, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None, divisor: str = "padded"
) -> np.ndarray:
    """Return the window means (N, OH, OW, C); padding counts as zeros."""
    count = count or windows_shape(x.shape, ksize=ksize, stride=stride, pad=pad)
    padded = _padded(x, 0, pad=pad, size=_extent(x.shape, count=count, ksize=ksize, stride=stride, pad=pad))
    y = window_elements(padded, 0, 0, count=count, stride=stride).copy()
    for position in range(1, ksize[0] * ksize[1]):
        y += window_elements(padded, *divmod(position, ksize[1]), count=count, stride=stride)
    y /= _divisors(x.shape, count=count, ksize=ksize, stride=stride, pad=pad, divisor=divisor).astype(y.dtype)
    return y


def average_pooling_2d_gradient(
    dy: np.ndarray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair, divisor: str = "padded"
) -> np.ndarray:
    """Return ``dx``: each gradient, divided as the mean was, goes to every element of its window."""
    count = (dy.shape[1], dy.shape[2])
    rows, columns = _extent(x_shape, count=count, ksize=ksize, stride=stride, pad=pad)
    dx = np.zeros((x_shape[0], rows, columns, x_shape[3]), dy.dtype)
    share = dy / _divisors(x_shape, count=count, ksize=ksize, stride=stride, pad=pad, divisor=divisor).astype(dy.dtype)
    for position in range(ksize[0] * ksize[1]):
        elements = window_elements(dx, *divmod(position, ksize[1]), count=count, stride=stride)
        elements += share
    return _without_padding(dx, x_shape, pad)


def _extent(x_shape: Shape, *, count: Pair, ksize: Pair, stride: Pair, pad: Pair) -> Pair:
    """Return the size of images with their padding, and with what the last windows see beyond it."""
    height = max(x_shape[1] + 2 * pad[0], (count[0] - 1) * stride[0] + ksize[0])
    width = max(x_shape[2] + 2 * pad[1], (count[1] - 1) * stride[1] + ksize[1])
    return height, width


def _padded(x: np.ndarray, value: float, *, pad: Pair, size: Pair) -> np.ndarray:
    if size == x.shape[1:3]:
        return x
    padded = np.full((x.shape[0], *size, x.shape[3]), value, x.dtype)
    padded[:, pad[0] : pad[0] + x.shape[1], pad[1] : pad[1] + x.shape[2]] = x
    return padded


def _divisors(x_shape: Shape, *, count: Pair, ksize: Pair, stride: Pair, pad: Pair, divisor: str) -> np.ndarray:
    """Return how many elements each window holds, (OH, OW, 1)."""
    lengths = []
    for axis in range(2):
        start = np.arange(count[axis]) * stride[axis] - pad[axis]
        edge = 0 if divisor == "image" else pad[axis]
        stop = np.minimum(start + ksize[axis], x_shape[1 + axis] + edge)
        lengths.append(stop - np.maximum(start, -edge))
    return np.multiply.outer(*lengths)[:, :, None]  # type: ignore[no-any-return]  # NumPy says Any


def _without_padding(x: np.ndarray, x_shape: Shape, pad: Pair) -> np.ndarray:
    return np.ascontiguousarray(x[:, pad[0] : pad[0] + x_shape[1], pad[1] : pad[1] + x_shape[2]])
