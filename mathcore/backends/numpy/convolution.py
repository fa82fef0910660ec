"""Two-dimensional convolution on NumPy arrays, as one matrix product over patches (im2col).

    x (N, H, W, C)   w (KH, KW, C, O)   y (N, OH, OW, O)
    patches (N OH OW, KH KW C): row (n, i, j) holds x[n, i SH - PH + p, j SW - PW + q, c] at column (p, q, c)

Source:
    Chellapilla, Puri, Simard, High Performance Convolutional Neural Networks for Document Processing (2006).
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mathcore.backends.shapes import Pair, Shape, windows_shape


def pad_images(x: np.ndarray, pad: Pair, value: float = 0.0) -> np.ndarray:
    """Return ``x`` (N, H, W, C) with ``pad`` rows and columns of ``value`` on each side."""
    if pad == (0, 0):
        return x
    rows, columns = pad
    return np.pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)), constant_values=value)


def extract_patches(x: np.ndarray, *, ksize: Pair, stride: Pair, pad: Pair) -> np.ndarray:
    """Return the patches (N OH OW, KH KW C) that the kernel sees."""
    height, width = windows_shape(x.shape, ksize=ksize, stride=stride, pad=pad)
    windows = sliding_window_view(pad_images(x, pad), ksize, axis=(1, 2))  # (N, H', W', C, KH, KW)
    windows = windows[:, :: stride[0], :: stride[1]].transpose(0, 1, 2, 4, 5, 3)
    return windows.reshape(x.shape[0] * height * width, ksize[0] * ksize[1] * x.shape[3])


def convolution_2d(x: np.ndarray, w: np.ndarray, b: np.ndarray | None, *, stride: Pair, pad: Pair) -> np.ndarray:
    """Return the cross-correlation (N, OH, OW, O) of ``x`` with ``w``, plus ``b`` (O,)."""
    ksize = (w.shape[0], w.shape[1])
    height, width = windows_shape(x.shape, ksize=ksize, stride=stride, pad=pad)
    y: np.ndarray = extract_patches(x, ksize=ksize, stride=stride, pad=pad) @ w.reshape(-1, w.shape[3])
    if b is not None:
        y += b
    return y.reshape(x.shape[0], height, width, w.shape[3])


def data_gradient(dy: np.ndarray, w: np.ndarray, *, x_shape: Shape, stride: Pair, pad: Pair) -> np.ndarray:
    """Return ``dx``: each patch gradient ``dy @ w.T`` added back to where the patch was read."""
    count, height, width, outputs = dy.shape
    rows, columns = w.shape[0], w.shape[1]
    patches = dy.reshape(-1, outputs) @ w.reshape(-1, outputs).T
    patches = patches.reshape(count, height, width, rows, columns, x_shape[3])
    dx = np.zeros((count, x_shape[1] + 2 * pad[0], x_shape[2] + 2 * pad[1], x_shape[3]), dy.dtype)
    for p in range(rows):
        for q in range(columns):
            window_elements(dx, p, q, count=(height, width), stride=stride)[...] += patches[:, :, :, p, q]
    return np.ascontiguousarray(dx[:, pad[0] : pad[0] + x_shape[1], pad[1] : pad[1] + x_shape[2]])


def weight_gradient(
    x: np.ndarray, dy: np.ndarray, dw: np.ndarray, db: np.ndarray | None, *, stride: Pair, pad: Pair
) -> None:
    """Write ``patches.T @ dy`` into ``dw`` and the sums of ``dy`` over examples and positions into ``db``."""
    rows = dy.reshape(-1, dy.shape[3])
    patches = extract_patches(x, ksize=(dw.shape[0], dw.shape[1]), stride=stride, pad=pad)
    np.matmul(patches.T, rows, out=dw.reshape(-1, dw.shape[3]))
    if db is not None:
        np.sum(rows, axis=0, out=db)


def window_elements(x: np.ndarray, row: int, column: int, *, count: Pair, stride: Pair) -> np.ndarray:
    """Return a view (N, OH, OW, C) of the element at (row, column) of every window of padded images ``x``."""
    rows = slice(row, row + (count[0] - 1) * stride[0] + 1, stride[0])
    columns = slice(column, column + (count[1] - 1) * stride[1] + 1, stride[1])
    return x[:, rows, columns]
