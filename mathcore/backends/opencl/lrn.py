"""Local response normalization on device arrays (..., C)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "lrn.cl"


def lrn(
    backend: OpenCLBackend, x: NDArray, *, size: int, alpha: float, beta: float, k: float
) -> tuple[NDArray, NDArray]:
    """Return ``y = x / scale**beta`` and ``scale = k + alpha / size * window sums of x**2``."""
    check_float32("lrn", x)
    y, scale = backend.empty(x.shape), backend.empty(x.shape)
    items, numbers = _cut(backend, x)
    numbers = (*numbers, alpha / size, -beta, k)
    backend.queue.launch(FILE, "lrn", items, (x.data, y.data, scale.data), numbers, (("SIZE", size),))
    return y, scale


def lrn_gradient(
    backend: OpenCLBackend, dy: NDArray, x: NDArray, y: NDArray, scale: NDArray,
    *, size: int, alpha: float, beta: float,
) -> NDArray:  # fmt: skip
    """Return ``dx = dy / scale**beta - 2 alpha beta / size * x * window sums of dy * y / scale``."""
    check_float32("lrn_gradient", dy, x, y, scale)
    if dy.shape != x.shape:
        raise ShapeError(f"lrn_gradient: expected dy of shape {x.shape}, got {dy.shape}")
    dx = backend.empty(x.shape)
    items, numbers = _cut(backend, x)
    numbers = (*numbers, 2 * alpha * beta / size, -beta)
    buffers = (dy.data, x.data, y.data, scale.data, dx.data)
    backend.queue.launch(FILE, "lrn_gradient", items, buffers, numbers, (("SIZE", size),))
    return dx


def _cut(backend: OpenCLBackend, x: NDArray) -> tuple[int, tuple[int | float, ...]]:
    """Return the number of work-items, and what each takes: rows in all, C, and the rows of one."""
    channels = x.shape[-1]
    rows = x.size // channels if channels else 0
    length = max(1, backend.queue.tuning.run_length(x.size) // max(1, channels))
    return -(-rows // length), (rows, channels, length)
