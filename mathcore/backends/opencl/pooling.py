"""Two-dimensional pooling on device arrays: maxima or means of windows of images (N, H, W, C)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.backends.shapes import Pair, Shape, windows_shape
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend
    from mathcore.backends.opencl.source import Macros

MAXIMUM = "max_pooling.cl"
AVERAGE = "average_pooling.cl"
MOST_POSITIONS = 256
MOST_OVERLAPPING = 4
"""Windows that an element lies in, up to which the loop over them is unrolled."""


def max_pooling_2d(
    backend: OpenCLBackend, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None
) -> tuple[NDArray, NDArray]:
    """Return the maxima (N, OH, OW, C) and where each was, as uint8 row * KW + column (first on ties)."""
    check_float32("max_pooling_2d", x)
    if ksize[0] * ksize[1] > MOST_POSITIONS:
        raise ShapeError(f"max_pooling_2d: expected windows of at most {MOST_POSITIONS} elements, got {ksize}")
    shape = _output_shape(x.shape, ksize=ksize, stride=stride, pad=pad, count=count)
    y, positions = backend.empty(shape), backend.empty(shape, np.uint8)
    numbers = _numbers(x.shape, shape, pad)
    items = shape[0] * shape[1] if y.size else 0
    backend.queue.launch(
        MAXIMUM, "max_pooling", items, (x.data, y.data, positions.data), numbers, _macros(ksize, stride)
    )
    return y, positions


def max_pooling_2d_gradient(
    backend: OpenCLBackend, dy: NDArray, positions: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
) -> NDArray:
    """Return ``dx``: each gradient goes to the element that was the maximum; overlapping windows add up."""
    check_float32("max_pooling_2d_gradient", dy)
    _check_output(dy.shape, x_shape, stride=stride, pad=pad)
    dx = backend.empty(x_shape)
    name, rows = "max_pooling_gradient", x_shape[1]
    if ksize[0] <= stride[0] and ksize[1] <= stride[1]:
        name, rows = "max_pooling_gradient_disjoint", -(-(x_shape[1] + pad[0]) // stride[0])
    elif -(-ksize[0] // stride[0]) * -(-ksize[1] // stride[1]) <= MOST_OVERLAPPING:
        name, rows = "max_pooling_gradient_blocks", -(-(x_shape[1] + pad[0]) // stride[0])
    numbers = _numbers(x_shape, dy.shape, pad)
    items = x_shape[0] * rows if dx.size else 0
    backend.queue.launch(MAXIMUM, name, items, (dy.data, positions.data, dx.data), numbers, _macros(ksize, stride))
    return dx


def average_pooling_2d(
    backend: OpenCLBackend, x: NDArray,
    *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None, divisor: str = "padded",
) -> NDArray:  # fmt: skip
    """Return the window means; padding counts as zeros."""
    check_float32("average_pooling_2d", x)
    shape = _output_shape(x.shape, ksize=ksize, stride=stride, pad=pad, count=count)
    y = backend.empty(shape)
    numbers = _numbers(x.shape, shape, pad)
    items = shape[0] * shape[1] if y.size else 0
    macros = _average_macros(ksize, stride, divisor)
    backend.queue.launch(AVERAGE, "average_pooling", items, (x.data, y.data), numbers, macros)
    return y


def average_pooling_2d_gradient(
    backend: OpenCLBackend, dy: NDArray,
    *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair, divisor: str = "padded",
) -> NDArray:  # fmt: skip
    """Return ``dx``: each gradient, divided as the mean was, goes to every element of its window."""
    check_float32("average_pooling_2d_gradient", dy)
    _check_output(dy.shape, x_shape, stride=stride, pad=pad)
    dx = backend.empty(x_shape)
    numbers = _numbers(x_shape, dy.shape, pad)
    items = x_shape[0] * x_shape[1] if dx.size else 0
    macros = _average_macros(ksize, stride, divisor)
    backend.queue.launch(AVERAGE, "average_pooling_gradient", items, (dy.data, dx.data), numbers, macros)
    return dx


def _output_shape(x_shape: Shape, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None) -> Shape:
    shape = (x_shape[0], *(count or windows_shape(x_shape, ksize=ksize, stride=stride, pad=pad)), x_shape[3])
    _check_output(shape, x_shape, stride=stride, pad=pad)
    return shape


def _check_output(shape: Shape, x_shape: Shape, *, stride: Pair, pad: Pair) -> None:
    """Refuse windows that begin beyond their image: kernels would read there."""
    most = tuple((x_shape[1 + axis] + pad[axis] - 1) // stride[axis] + 1 for axis in range(2))
    if len(shape) != 4 or (shape[0], shape[3]) != (x_shape[0], x_shape[3]) or shape[1] > most[0] or shape[2] > most[1]:
        raise ShapeError(f"pooling: expected at most {most} windows of each of the images {x_shape}, got {shape}")


def _numbers(x_shape: Shape, y_shape: Shape, pad: Pair) -> tuple[int, ...]:
    return (*x_shape[1:], y_shape[1], y_shape[2], *pad)


def _macros(ksize: Pair, stride: Pair) -> Macros:
    return (("KH", ksize[0]), ("KW", ksize[1]), ("SH", stride[0]), ("SW", stride[1]))


def _average_macros(ksize: Pair, stride: Pair, divisor: str) -> Macros:
    return (*_macros(ksize, stride), ("PADDED", int(divisor == "padded")))
