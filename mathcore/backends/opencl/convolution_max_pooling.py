"""Convolution and the maxima of 2 x 2 windows of its outputs, for layers whose inputs need no gradient.

In one pass on CPUs where an output has few inputs, else one after the other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.geometry import Geometry, check_forward, check_gradient, geometry
from mathcore.backends.opencl.arrays import check_float32
from mathcore.backends.opencl.convolution_direct import pad_images
from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning
from mathcore.backends.shapes import Pair

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "convolution_max_pooling.cl"
POOLING = {"ksize": (2, 2), "stride": (2, 2), "pad": (0, 0)}
MOST_INPUTS = 128
"""Inputs of an output up to which all weights of a panel stay in the level-1 cache."""
MOST_CHUNKS = 16
TILE_ROWS = {1: 10, 2: 6, 3: 4}
"""MR by NV: sums, NV vectors and one value fit 16 registers."""


def convolution_max_pooling_2d(
    backend: OpenCLBackend, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair
) -> tuple[NDArray, NDArray]:
    """Return the maxima (N, PH, PW, O) and their positions."""
    operation = "convolution_max_pooling_2d"
    check_float32(operation, x, w, b)
    shape = geometry(operation, x.shape, w.shape, stride=stride, pad=pad)
    if not _in_one_pass(backend.queue.kind, shape):
        z = backend.convolution_2d(x, w, b, stride=stride, pad=pad)
        return backend.max_pooling_2d(z, **POOLING)
    check_forward(operation, shape, None if b is None else b.shape, "identity")
    count, height, width, outputs = shape.y_shape
    y = backend.empty((count, height // 2, width // 2, outputs))
    positions = backend.empty(y.shape, np.uint8)
    padded = pad_images(backend.queue, x.data, shape)
    buffers = (padded, w.data, w.data if b is None else b.data, y.data, positions.data)
    numbers = (height // 2, width // 2, *_steps(shape), int(b is not None))
    macros = _macros(backend.queue.tuning, shape)
    backend.queue.launch(FILE, "convolution_max_pooling", count * (height // 2), buffers, numbers, macros)
    return y, positions


def convolution_max_pooling_2d_weight_gradient(
    backend: OpenCLBackend, x: NDArray, dy: NDArray, positions: NDArray, dw: NDArray, db: NDArray | None,
    *, stride: Pair, pad: Pair,
) -> None:  # fmt: skip
    """Write the gradients of the weights and the bias into ``dw`` and ``db``."""
    operation = "convolution_max_pooling_2d_weight_gradient"
    check_float32(operation, x, dy, dw, db)
    shape = geometry(operation, x.shape, dw.shape, stride=stride, pad=pad)
    if not _in_one_pass(backend.queue.kind, shape):
        dz = backend.max_pooling_2d_gradient(dy, positions, x_shape=shape.y_shape, **POOLING)
        backend.convolution_2d_weight_gradient(x, dz, dw, db, stride=stride, pad=pad)
        return
    check_gradient(operation, shape, shape.y_shape, None if db is None else db.shape)
    queue = backend.queue
    chunks, items, numbers, macros = _plan_gradient(queue.tuning, shape, int(db is not None))
    size = dw.size + (0 if db is None else db.size)
    partial = queue.pool.allocate(4 * chunks * size)
    padded = pad_images(queue, x.data, shape)
    buffers = (padded, dy.data, positions.data, partial, partial)
    queue.launch(FILE, "convolution_max_pooling_weight_gradient", items, buffers, numbers, macros)
    length = queue.tuning.run_length(size)
    targets = (partial, dw.data, dw.data if db is None else db.data)
    queue.launch("reduce_chunks.cl", "reduce_chunks", -(-size // length), targets, (chunks, size, dw.size, length))


def _in_one_pass(kind: str, shape: Geometry) -> bool:
    count, height, width, outputs = shape.y_shape
    even = height % 2 == 0 and width % 2 == 0 and min(count, outputs) > 0
    return kind == "cpu" and even and _inputs(shape) <= MOST_INPUTS


def _inputs(shape: Geometry) -> int:
    return shape.ksize[0] * shape.ksize[1] * shape.inputs


@lru_cache(maxsize=4096)
def _steps(shape: Geometry) -> tuple[int, int, int, int]:
    """Return x_row, x_image, step_h and step_w."""
    channels = shape.x_shape[3]
    row = (shape.x_shape[2] + 2 * shape.pad[1]) * channels
    return row, (shape.x_shape[1] + 2 * shape.pad[0]) * row, shape.stride[0] * row, shape.stride[1] * channels


@lru_cache(maxsize=4096)
def _macros(tuning: Tuning, shape: Geometry) -> Macros:
    vectors = min(3, -(-shape.y_shape[3] // tuning.vector))
    run = shape.ksize[1] * shape.inputs
    return (("KH", shape.ksize[0]), ("RUN", run), ("O", shape.y_shape[3]), ("NV", vectors), ("MR", TILE_ROWS[vectors]))


@lru_cache(maxsize=4096)
def _plan_gradient(tuning: Tuning, shape: Geometry, biased: int) -> tuple[int, int, Numbers, Macros]:
    """Return chunks, work-items, numbers and macros."""
    count, height, width, outputs = shape.y_shape
    macros = _macros(tuning, shape)
    panels = -(-outputs // (dict(macros)["NV"] * tuning.vector))  # type: ignore[operator]
    size = _inputs(shape) * outputs
    images = -(-count // MOST_CHUNKS)
    chunks = -(-count // images)
    numbers = (
        panels, images, count, height // 2, width // 2, *_steps(shape), size + biased * outputs, size, biased
    )  # fmt: skip
    return chunks, chunks * panels, numbers, macros
