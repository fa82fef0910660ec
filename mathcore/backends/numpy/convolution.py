"""Two-dimensional convolution on NumPy arrays, as one matrix product over patches (im2col) for each group.

    x (N, H, W, C)   w (KH, KW, C / G, O)   y (N, OH, OW, O)
    patches (N OH OW, KH KW C / G): row (n, i, j) holds x[n, i SH - PH + p DH, j SW - PW + q DW, c] at column (p, q, c)

Source:
    Chellapilla, Puri, Simard, High Performance Convolutional Neural Networks for Document Processing (2006); groups:
    Krizhevsky, Sutskever, Hinton (2012); dilation: Yu, Koltun, Multi-Scale Context Aggregation (2016).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mathcore.backends.geometry import Geometry, check_forward, check_gradient, geometry, span
from mathcore.backends.shapes import Pair, Shape


def pad_images(x: np.ndarray, pad: Pair, value: float = 0.0) -> np.ndarray:
    """Return ``x`` (N, H, W, C) with ``pad`` rows and columns of ``value`` on each side."""
    if pad == (0, 0):
        return x
    rows, columns = pad
    return np.pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)), constant_values=value)


def extract_patches(x: np.ndarray, *, ksize: Pair, stride: Pair, pad: Pair, dilation: Pair = (1, 1)) -> np.ndarray:
    """Return the patches (N OH OW, KH KW C) that the kernel sees."""
    spans = (span(ksize[0], dilation[0]), span(ksize[1], dilation[1]))
    windows = sliding_window_view(pad_images(x, pad), spans, axis=(1, 2))  # (N, H', W', C, rows, columns)
    windows = windows[:, :: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]].transpose(0, 1, 2, 4, 5, 3)
    return windows.reshape(math.prod(windows.shape[:3]), math.prod(windows.shape[3:]))


def convolution_2d(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None, *, stride: Pair, pad: Pair, dilation: Pair = (1, 1),
    groups: int = 1, activation: str = "identity",
) -> np.ndarray:  # fmt: skip
    """Return the cross-correlation (N, OH, OW, O) of ``x`` with ``w``, plus ``b`` (O,), then ``activation``."""
    shape = geometry("convolution_2d", x.shape, w.shape, stride=stride, pad=pad, dilation=dilation, groups=groups)
    check_forward("convolution_2d", shape, None if b is None else b.shape, activation)
    y = np.empty(shape.y_shape, x.dtype)
    for channels, outputs in _groups(shape):
        patches = _patches(x[..., channels], shape)
        y[..., outputs] = (patches @ _matrix(w, outputs)).reshape(*shape.y_shape[:3], shape.outputs)
    if b is not None:
        y += b
    return np.maximum(y, 0) if activation == "relu" else y


def data_gradient(
    dy: np.ndarray, w: np.ndarray, *, x_shape: Shape, stride: Pair, pad: Pair, dilation: Pair = (1, 1), groups: int = 1
) -> np.ndarray:
    """Return ``dx``: each patch gradient ``dy @ w.T`` added back to where the patch was read."""
    operation = "convolution_2d_data_gradient"
    shape = geometry(operation, x_shape, w.shape, stride=stride, pad=pad, dilation=dilation, groups=groups)
    check_gradient(operation, shape, dy.shape)
    count, height, width = shape.y_shape[:3]
    rows, columns = shape.ksize
    dx = np.zeros((count, x_shape[1] + 2 * pad[0], x_shape[2] + 2 * pad[1], x_shape[3]), dy.dtype)
    for channels, outputs in _groups(shape):
        patches = dy[..., outputs].reshape(-1, shape.outputs) @ _matrix(w, outputs).T
        patches = patches.reshape(count, height, width, rows, columns, shape.inputs)
        for p in range(rows):
            for q in range(columns):
                place = (p * dilation[0], q * dilation[1])
                elements = window_elements(dx, *place, count=(height, width), stride=stride)
                elements[..., channels] += patches[:, :, :, p, q]
    return np.ascontiguousarray(dx[:, pad[0] : pad[0] + x_shape[1], pad[1] : pad[1] + x_shape[2]])


def weight_gradient(
    x: np.ndarray, dy: np.ndarray, dw: np.ndarray, db: np.ndarray | None, *, stride: Pair, pad: Pair,
    dilation: Pair = (1, 1), groups: int = 1,
) -> None:  # fmt: skip
    """Write ``patches.T @ dy`` into ``dw`` and the sums of ``dy`` over examples and positions into ``db``."""
    operation = "convolution_2d_weight_gradient"
    shape = geometry(operation, x.shape, dw.shape, stride=stride, pad=pad, dilation=dilation, groups=groups)
    check_gradient(operation, shape, dy.shape, None if db is None else db.shape)
    for channels, outputs in _groups(shape):
        rows = dy[..., outputs].reshape(-1, shape.outputs)
        gradient = _patches(x[..., channels], shape).T @ rows
        dw[..., outputs] = gradient.reshape(*shape.w_shape[:3], shape.outputs)
    if db is not None:
        np.sum(dy, axis=(0, 1, 2), out=db)


def window_elements(x: np.ndarray, row: int, column: int, *, count: Pair, stride: Pair) -> np.ndarray:
    """Return a view (N, OH, OW, C) of the element at (row, column) of every window of padded images ``x``."""
    rows = slice(row, row + (count[0] - 1) * stride[0] + 1, stride[0])
    columns = slice(column, column + (count[1] - 1) * stride[1] + 1, stride[1])
    return x[:, rows, columns]


def _groups(shape: Geometry) -> Iterator[tuple[slice, slice]]:
    """Yield the channels and the outputs of each group."""
    for group in range(shape.groups):
        yield (
            slice(group * shape.inputs, (group + 1) * shape.inputs),
            slice(group * shape.outputs, (group + 1) * shape.outputs),
        )


def _patches(x: np.ndarray, shape: Geometry) -> np.ndarray:
    return extract_patches(x, ksize=shape.ksize, stride=shape.stride, pad=shape.pad, dilation=shape.dilation)


def _matrix(w: np.ndarray, outputs: slice) -> np.ndarray:
    """Return the weights of some outputs as a matrix (KH KW C, outputs)."""
    chosen = w[..., outputs]
    return chosen.reshape(-1, chosen.shape[3])
