"""Depthwise convolutions: as many groups as channels, one output each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mathcore.backends.opencl.memory import Memory

if TYPE_CHECKING:
    from mathcore.backends.geometry import Geometry
    from mathcore.backends.opencl.queue import DeviceQueue
    from mathcore.backends.shapes import Shape

FILE = "convolution_depthwise.cl"
REDUCE = "reduce_chunks.cl"
WIDE = 4
"""Vectors of channels of a work-item of the weight gradient."""
CHUNK_PIXELS = 512
MOST_CHUNKS = 16


def forward(
    queue: DeviceQueue, x: Memory, w: Memory, b: Memory | None, y: Memory, *, shape: Geometry, activation: str
) -> None:
    """Set ``y`` to the activation of the convolution of ``x`` with ``w``, plus ``b``."""
    items, cut = _cut(queue, shape.y_shape)
    numbers = (*cut, *_numbers(shape), int(b is not None), int(activation == "relu"))
    queue.launch(FILE, "convolution_depthwise", items, (x, w, b or w, y), numbers, (("WIDE", WIDE),))


def data_gradient(queue: DeviceQueue, dy: Memory, w: Memory, dx: Memory, *, shape: Geometry) -> None:
    """Set ``dx``."""
    items, cut = _cut(queue, shape.x_shape)
    numbers = (*cut, *_numbers(shape))
    queue.launch(FILE, "convolution_depthwise_data_gradient", items, (dy, w, dx), numbers, (("WIDE", WIDE),))


def weight_gradient(
    queue: DeviceQueue, x: Memory, dy: Memory, dw: Memory, db: Memory | None, *, shape: Geometry
) -> None:
    """Set ``dw`` and ``db``."""
    pixels, channels = math.prod(shape.y_shape[:3]), shape.y_shape[3]
    chunk_pixels = -(-pixels // min(MOST_CHUNKS, max(1, pixels // CHUNK_PIXELS)))
    chunks = -(-pixels // chunk_pixels)
    split = math.prod(shape.w_shape)
    size = split + (0 if db is None else channels)
    partial = None if chunks == 1 else queue.pool.allocate(4 * chunks * size)
    sums = (0, 0) if partial is None else (size, split)
    blocks = -(-channels // (WIDE * queue.tuning.vector))
    numbers = (blocks, chunk_pixels, pixels, *_numbers(shape), *sums, int(db is not None))
    buffers = (x, dy, partial or dw, partial or db or dw)
    queue.launch(FILE, "convolution_depthwise_weight_gradient", blocks * chunks, buffers, numbers, (("WIDE", WIDE),))
    if partial is not None:
        length = queue.tuning.run_length(size)
        queue.launch(
            REDUCE, "reduce_chunks", -(-size // length), (partial, dw, db or dw), (chunks, size, split, length)
        )


def _cut(queue: DeviceQueue, result: Shape) -> tuple[int, tuple[int, ...]]:
    """Return the work-items of a result, then blocks of channels, pixels and channels of one, and pixels in all."""
    pixels, channels = math.prod(result[:3]), result[3]
    if queue.tuning.local == 1:
        part, width = -(-pixels // (2 * queue.tuning.items)), channels
    else:
        part, width = 1, queue.tuning.vector
    blocks = -(-channels // width)
    return blocks * -(-pixels // part), (blocks, part, width, pixels)


def _numbers(shape: Geometry) -> tuple[int, ...]:
    return (
        *shape.x_shape[1:], *shape.y_shape[1:3], *shape.ksize, *shape.stride, *shape.pad, *shape.dilation
    )  # fmt: skip
