"""Sums, means, maxima, minima and places of maxima along one axis or all, in a fixed order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import C_TYPES, INT32
from mathcore.backends.shapes import check_reduction
from mathcore.errors import DTypeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend
    from mathcore.backends.opencl.source import Macros

FILE = "reduce.cl"
PART = 4096
"""Longest piece of an axis that one work-item reduces."""

COMBINE = {
    "sum": "(a + b)",
    "max": "(a >= b || a != a ? a : b)",
    "min": "(a <= b || a != a ? a : b)",
}


def reduce(backend: OpenCLBackend, operation: str, x: NDArray, axis: int | None) -> NDArray:
    """Reduce along ``axis``, or all axes (None); the type stays, save that ``argmax`` gives int32."""
    check_reduction(operation, x.shape, axis)
    if operation == "mean" and x.dtype.kind != "f":
        raise DTypeError(f"mean: expected float32, got {x.dtype}; convert it with asarray(x.numpy(), 'float32')")
    if axis is None:
        shape: tuple[int, ...] = ()
        outer, length, inner = 1, x.size, 1
    else:
        axis %= x.ndim
        shape = x.shape[:axis] + x.shape[axis + 1 :]
        outer, length, inner = math.prod(x.shape[:axis]), x.shape[axis], math.prod(x.shape[axis + 1 :])
    if operation == "argmax":
        y = backend.empty(shape, INT32)
        backend.queue.launch(FILE, "argmax", y.size, (x.data, y.data), (length, inner), (("TYPE", C_TYPES[x.dtype]),))
        return y
    divisor = float(length) if operation == "mean" else 1.0
    return backend.reshape(_reduce(backend, operation, x, (outer, length, inner), divisor), shape)


def _reduce(backend: OpenCLBackend, operation: str, x: NDArray, shape: tuple[int, int, int], divisor: float) -> NDArray:
    """Reduce the middle axis of ``x``, read as ``shape``; long axes in several rounds."""
    outer, axis, inner = shape
    parts = max(1, -(-axis // PART))
    y = backend.empty((outer, parts, inner), x.dtype)
    last = parts == 1
    numbers = (axis, inner, parts, PART, divisor if last else 1.0)
    backend.queue.launch(FILE, "reduce", y.size, (x.data, y.data), numbers, _macros(operation, x.dtype))
    return y if last else _reduce(backend, operation, y, (outer, parts, inner), divisor)


def _macros(operation: str, dtype: np.dtype[np.generic]) -> Macros:
    if operation in ("sum", "mean") and dtype.kind == "f":
        return (("TYPE", "float"), ("SUM", 1))
    combine = "(a | b)" if operation == "sum" and dtype.kind == "b" else COMBINE[operation]
    return (("TYPE", C_TYPES[dtype]), ("COMBINE", combine))
