"""The mean of each channel of images, and its gradient, on device arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.backends.shapes import Shape
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "global_average_pooling.cl"


def global_average_pooling(backend: OpenCLBackend, x: NDArray) -> NDArray:
    """Return the means (N, C) of the channels of images (N, H, W, C)."""
    check_float32("global_average_pooling", x)
    if x.ndim != 4 or x.shape[1] * x.shape[2] == 0:
        raise ShapeError(f"global_average_pooling: expected images (N, H, W, C), got {x.shape}")
    y = backend.empty((x.shape[0], x.shape[3]))
    items, numbers = _cut(backend, x.shape)
    backend.queue.launch(FILE, "global_average_pooling", items, (x.data, y.data), numbers)
    return y


def global_average_pooling_gradient(backend: OpenCLBackend, dy: NDArray, *, x_shape: Shape) -> NDArray:
    """Return ``dx`` of shape ``x_shape``: every pixel gets ``dy`` / (H W)."""
    check_float32("global_average_pooling_gradient", dy)
    expected = (x_shape[0], x_shape[3])
    if dy.shape != expected:
        raise ShapeError(f"global_average_pooling_gradient: expected dy of shape {expected}, got {dy.shape}")
    dx = backend.empty(x_shape)
    items, numbers = _cut(backend, x_shape)
    backend.queue.launch(FILE, "global_average_pooling_gradient", items, (dy.data, dx.data), numbers)
    return dx


def _cut(backend: OpenCLBackend, shape: Shape) -> tuple[int, tuple[int, int, int]]:
    """Return the number of work-items, and pixels, channels and vectors of an image."""
    vectors = -(-shape[3] // backend.queue.tuning.vector)
    return shape[0] * vectors, (shape[1] * shape[2], shape[3], vectors)
