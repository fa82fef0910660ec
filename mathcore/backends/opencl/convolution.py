"""Two-dimensional convolution on device arrays: x (N, H, W, C), w (KH, KW, C / G, O), y (N, OH, OW, O).

Arguments are checked here; the kernels are in the files ``convolution_*.py``, of which ``convolution_plan.py`` chooses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.geometry import check_forward, check_gradient, geometry
from mathcore.backends.opencl.arrays import check_float32
from mathcore.backends.opencl.convolution_plan import choose
from mathcore.backends.shapes import Pair, Shape

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend


def convolution_2d(
    backend: OpenCLBackend, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair, dilation: Pair,
    groups: int, activation: str,
) -> NDArray:  # fmt: skip
    """Return the activation of the cross-correlation (N, OH, OW, O) of ``x`` with ``w``, plus ``b`` (O,)."""
    operation = "convolution_2d"
    check_float32(operation, x, w, b)
    shape = geometry(operation, x.shape, w.shape, stride=stride, pad=pad, dilation=dilation, groups=groups)
    check_forward(operation, shape, None if b is None else b.shape, activation)
    y = backend.empty(shape.y_shape)
    if y.size:
        kernels = choose(backend.queue.kind, shape, "forward")
        bias = None if b is None else b.data
        kernels.forward(backend.queue, x.data, w.data, bias, y.data, shape=shape, activation=activation)
    return y


def convolution_2d_data_gradient(
    backend: OpenCLBackend, dy: NDArray, w: NDArray, *, x_shape: Shape, stride: Pair, pad: Pair, dilation: Pair,
    groups: int,
) -> NDArray:  # fmt: skip
    """Return ``dx`` of shape ``x_shape``."""
    operation = "convolution_2d_data_gradient"
    check_float32(operation, dy, w)
    shape = geometry(operation, x_shape, w.shape, stride=stride, pad=pad, dilation=dilation, groups=groups)
    check_gradient(operation, shape, dy.shape)
    dx = backend.empty(x_shape)
    if dx.size:
        kernels = choose(backend.queue.kind, shape, "data_gradient")
        kernels.data_gradient(backend.queue, dy.data, w.data, dx.data, shape=shape)
    return dx


def convolution_2d_weight_gradient(
    backend: OpenCLBackend, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair,
    dilation: Pair, groups: int,
) -> None:  # fmt: skip
    """Write the gradients of the weights and the bias into ``dw`` and ``db``."""
    operation = "convolution_2d_weight_gradient"
    check_float32(operation, x, dy, dw, db)
    shape = geometry(operation, x.shape, dw.shape, stride=stride, pad=pad, dilation=dilation, groups=groups)
    check_gradient(operation, shape, dy.shape, None if db is None else db.shape)
    if dy.size == 0:
        backend.clear(dw, db)
        return
    kernels = choose(backend.queue.kind, shape, "weight_gradient")
    bias = None if db is None else db.data
    kernels.weight_gradient(backend.queue, x.data, dy.data, dw.data, bias, shape=shape)
