"""Two-dimensional convolution on device arrays: x (N, H, W, C), w (KH, KW, C, O), y (N, OH, OW, O)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.backends.opencl.product import multiply, multiply_transposed
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning
from mathcore.backends.opencl.windows import Windows
from mathcore.backends.shapes import Pair, Shape, windows_shape
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

DATA_GRADIENT = "convolution_data_gradient.cl"
CHANNEL_BLOCK = 32
TILE_COST = {3: 1.0, 2: 1.06, 1: 1.4}
"""Time of a register tile of so many vectors, for the same arithmetic (measured on Zen 3)."""


def convolution_2d(
    backend: OpenCLBackend, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair
) -> NDArray:
    """Return the cross-correlation (N, OH, OW, O) of ``x`` with ``w``, plus ``b`` (O,)."""
    check_float32("convolution_2d", x, w, b)
    shape = _output_shape(x.shape, w.shape, stride, pad)
    if b is not None and b.shape != shape[3:]:
        raise ShapeError(f"convolution_2d: expected b of shape {shape[3:]}, got {b.shape}")
    y = backend.empty(shape)
    padded = _pad(backend, x, pad)
    windows = _windows(padded.shape, w.shape, shape, stride)
    bias = None if b is None else b.data
    multiply(backend.queue, padded.data, w.data, bias, y.data, windows=windows, outputs=shape[3])
    return y


def convolution_2d_weight_gradient(
    backend: OpenCLBackend, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair
) -> None:
    """Write the gradients of the weights and the bias into ``dw`` and ``db``."""
    check_float32("convolution_2d_weight_gradient", x, dy, dw, db)
    shape = _output_shape(x.shape, dw.shape, stride, pad)
    if dy.shape != shape or (db is not None and db.shape != shape[3:]):
        raise ShapeError(f"convolution_2d_weight_gradient: expected dy of shape {shape}, got {dy.shape}")
    if dy.size == 0:
        backend.clear(dw, db)
        return
    padded = _pad(backend, x, pad)
    windows = _windows(padded.shape, dw.shape, shape, stride)
    target = None if db is None else db.data
    multiply_transposed(backend.queue, padded.data, dy.data, dw.data, target, windows=windows, outputs=shape[3])


def convolution_2d_data_gradient(
    backend: OpenCLBackend, dy: NDArray, w: NDArray, *, x_shape: Shape, stride: Pair, pad: Pair
) -> NDArray:
    """Return ``dx`` of shape ``x_shape``."""
    check_float32("convolution_2d_data_gradient", dy, w)
    shape = _output_shape(x_shape, w.shape, stride, pad)
    if dy.shape != shape:
        raise ShapeError(f"convolution_2d_data_gradient: expected dy of shape {shape}, got {dy.shape}")
    dx = backend.empty(x_shape)
    if dx.size == 0:
        return dx
    queue = backend.queue
    plan = _plan_data_gradient(queue.tuning, dy.shape, w.shape, x_shape, stride, pad)
    packed = queue.pool.allocate(plan.packed_bytes)
    queue.launch(DATA_GRADIENT, "pack_weights", plan.pack_items, (w.data, packed), plan.pack_numbers, plan.macros)
    scratch = queue.pool.allocate(plan.scratch_bytes)
    buffers = (dy.data, packed, scratch, dx.data)
    queue.launch(DATA_GRADIENT, "convolution_data_gradient", plan.items, buffers, plan.numbers, plan.macros)
    return dx


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
def _output_shape(x_shape: Shape, w_shape: Shape, stride: Pair, pad: Pair) -> Shape:
    """Return (N, OH, OW, O)."""
    if len(x_shape) != 4 or len(w_shape) != 4 or x_shape[3] != w_shape[2]:
        raise ShapeError(f"convolution_2d: expected x (N, H, W, C) and w (KH, KW, C, O), got {x_shape} and {w_shape}")
    return (x_shape[0], *windows_shape(x_shape, ksize=w_shape[:2], stride=stride, pad=pad), w_shape[3])


@lru_cache(maxsize=4096)
def _windows(x_shape: Shape, w_shape: Shape, y_shape: Shape, stride: Pair) -> Windows:
    """Return where the windows of y lie in the padded images."""
    row = x_shape[2] * x_shape[3]
    return Windows(
        pixels=y_shape[0] * y_shape[1] * y_shape[2], runs=w_shape[0], run=w_shape[1] * w_shape[2],
        x_row=row, x_image=x_shape[1] * row, per_image=y_shape[1] * y_shape[2], per_row=y_shape[2],
        step_h=stride[0] * row, step_w=stride[1] * x_shape[3],
    )  # fmt: skip


def _pad(backend: OpenCLBackend, x: NDArray, pad: Pair) -> NDArray:
    """Return the images with a border of zeros."""
    if pad == (0, 0):
        return x
    count, height, width, channels = x.shape
    y = backend.empty((count, height + 2 * pad[0], width + 2 * pad[1], channels))
    numbers = (height, pad[0], width * channels, pad[1] * channels)
    backend.queue.launch("pad_images.cl", "pad_images", count * y.shape[1], (x.data, y.data), numbers)
    return y


def _patch_columns(columns: int, vector: int) -> tuple[int, int]:
    """Return the vectors of a tile and the columns rounded up to whole tiles that take the least time."""
    rounded = {vectors: -(-columns // (vectors * vector)) * vectors * vector for vectors in TILE_COST}
    vectors = min(rounded, key=lambda size: rounded[size] * TILE_COST[size])
    return vectors, rounded[vectors]
