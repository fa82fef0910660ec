"""The rectified linear unit and its gradient on device arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "relu.cl"


def relu(backend: OpenCLBackend, x: NDArray) -> NDArray:
    """Return max(x, 0)."""
    check_float32("relu", x)
    y = backend.empty(x.shape)
    length = backend.queue.tuning.run_length(x.size)
    backend.queue.launch(FILE, "relu", -(-x.size // length), (x.data, y.data), (x.size, length))
    return y


def relu_gradient(backend: OpenCLBackend, dy: NDArray, y: NDArray) -> NDArray:
    """Return ``dy`` where ``y`` > 0, else 0."""
    check_float32("relu_gradient", dy, y)
    if dy.shape != y.shape:
        raise ShapeError(f"relu_gradient: expected dy of shape {y.shape}, got {dy.shape}")
    dx = backend.empty(y.shape)
    length = backend.queue.tuning.run_length(y.size)
    backend.queue.launch(FILE, "relu_gradient", -(-y.size // length), (dy.data, y.data, dx.data), (y.size, length))
    return dx
