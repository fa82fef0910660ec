"""Convolutions as register tiles on the images where they lie: x (N, H, W, C), w (KH, KW, C, O), y (N, OH, OW, O).

For kernels without dilation and groups; the best choice where C or O are small, and on GPUs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mathcore.backends.geometry import Geometry
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.product import multiply, multiply_transposed
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning
from mathcore.backends.opencl.windows import Windows
from mathcore.backends.shapes import Pair, Shape

if TYPE_CHECKING:
    from mathcore.backends.opencl.queue import DeviceQueue

DATA_GRADIENT = "convolution_data_gradient.cl"
CHANNEL_BLOCK = 32
TILE_COST = {3: 1.0, 2: 1.06, 1: 1.4}
"""Time of a register tile of so many vectors, for the same arithmetic (measured on Zen 3)."""


def forward(
    queue: DeviceQueue, x: Memory, w: Memory, b: Memory | None, y: Memory, *, shape: Geometry, activation: str
) -> None:
    """Set ``y`` to the activation of the convolution of ``x`` with ``w``, plus ``b``."""
    padded = pad_images(queue, x, shape)
    outputs = shape.y_shape[3]
    multiply(queue, padded, w, b, y, windows=_windows(shape), outputs=outputs, activation=activation)


def weight_gradient(
    queue: DeviceQueue, x: Memory, dy: Memory, dw: Memory, db: Memory | None, *, shape: Geometry
) -> None:
    """Set ``dw`` and ``db``."""
    padded = pad_images(queue, x, shape)
    multiply_transposed(queue, padded, dy, dw, db, windows=_windows(shape), outputs=shape.y_shape[3])


def data_gradient(queue: DeviceQueue, dy: Memory, w: Memory, dx: Memory, *, shape: Geometry) -> None:
    """Set ``dx``."""
    plan = _plan_data_gradient(queue.tuning, shape.y_shape, shape.w_shape, shape.x_shape, shape.stride, shape.pad)
    packed = queue.pool.allocate(plan.packed_bytes)
    queue.launch(DATA_GRADIENT, "pack_weights", plan.pack_items, (w, packed), plan.pack_numbers, plan.macros)
    scratch = queue.pool.allocate(plan.scratch_bytes)
    buffers = (dy, packed, scratch, dx)
    queue.launch(DATA_GRADIENT, "convolution_data_gradient", plan.items, buffers, plan.numbers, plan.macros)


@dataclass(frozen=True)
class DataGradientPlan:
    """How the data gradient of one shape is cut up: the launch that packs weights, and the one that computes."""

    pack_items: int
    pack_numbers: tuple[int, ...]
    packed_bytes: int
    items: int
    numbers: tuple[int, ...]
    scratch_bytes: int
    macros: Macros


@lru_cache(maxsize=4096)
def _plan_data_gradient(
    tuning: Tuning, y_shape: Shape, w_shape: Shape, x_shape: Shape, stride: Pair, pad: Pair
) -> DataGradientPlan:
    height, width, channels, outputs = w_shape
    block = min(channels, CHANNEL_BLOCK)
    blocks = -(-channels // block)
    vectors, columns = _patch_columns(height * width * block, tuning.vector)
    row_bytes = 4 * y_shape[2] * columns
    band = max(1, min(y_shape[1], tuning.patches_bytes // row_bytes))
    images = x_shape[0] * blocks
    items = min(images, tuning.items)
    return DataGradientPlan(
        pack_items=blocks * -(-outputs // tuning.vector),
        pack_numbers=(outputs, channels, block, height * width, columns),
        packed_bytes=blocks * outputs * columns * 4,
        items=items,
        numbers=(images, blocks, band, *x_shape[1:], block, *y_shape[1:], height, width, *stride, *pad, columns),
        scratch_bytes=items * band * row_bytes,
        macros=tuning.forward_tiles[vectors - 1].macros,
    )


@lru_cache(maxsize=4096)
def _windows(shape: Geometry) -> Windows:
    """Return where the windows of y lie in the padded images."""
    count, height, width, _ = shape.y_shape
    channels = shape.x_shape[3]
    row = (shape.x_shape[2] + 2 * shape.pad[1]) * channels
    return Windows(
        pixels=count * height * width, runs=shape.ksize[0], run=shape.ksize[1] * channels,
        x_row=row, x_image=(shape.x_shape[1] + 2 * shape.pad[0]) * row, per_image=height * width, per_row=width,
        step_h=shape.stride[0] * row, step_w=shape.stride[1] * channels,
    )  # fmt: skip


def pad_images(queue: DeviceQueue, x: Memory, shape: Geometry) -> Memory:
    """Return the images with a border of zeros."""
    pad = shape.pad
    if pad == (0, 0):
        return x
    count, height, width, channels = shape.x_shape
    rows = count * (height + 2 * pad[0])
    y = queue.pool.allocate(4 * rows * (width + 2 * pad[1]) * channels)
    numbers = (height, pad[0], width * channels, pad[1] * channels)
    queue.launch("pad_images.cl", "pad_images", rows, (x, y), numbers)
    return y


def _patch_columns(columns: int, vector: int) -> tuple[int, int]:
    """Return the vectors of a tile and the columns rounded up to whole tiles that take the least time."""
    rounded = {vectors: -(-columns // (vectors * vector)) * vectors * vector for vectors in TILE_COST}
    vectors = min(rounded, key=lambda size: rounded[size] * TILE_COST[size])
    return vectors, rounded[vectors]
