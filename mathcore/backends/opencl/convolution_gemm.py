"""Convolutions on CPUs as packed matrix products whose rows are read through windows.

The lengths of passes and the number of chunks, and with them the order of sums, depend on the shape and the vector
width alone; how the rest is cut into tasks depends on the number of compute units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mathcore.backends.geometry import Geometry
from mathcore.backends.opencl.convolution_taps import Taps, gradient_taps, window_taps
from mathcore.backends.opencl.gemm_tiles import TILE, UNIT, round_up
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning

if TYPE_CHECKING:
    from mathcore.backends.opencl.queue import DeviceQueue

FILE = "convolution_gemm.cl"
WEIGHT_GRADIENT = "convolution_gemm_weight_gradient.cl"
REDUCE = "reduce_chunks.cl"

BLOCK_ROWS = 192
"""Rows of a task at most: with passes of 384 steps they take 288 KiB of a level-2 cache of 512 KiB."""
LEAST_COLUMNS = 128
"""Outputs of a task that pay for packing its rows."""
PACK_ROWS = 8
"""Rows of weights that are copied together."""
CHUNK_PASSES = 2
"""Passes of a chunk at least: its sums are written and added up once more."""
WANTED_TASKS = 16
"""Tasks of a weight gradient that keep many compute units busy; chunks make up for what the shape lacks."""
MOST_CHUNK_BYTES = 1 << 24
"""Memory of the sums of all chunks, at most."""


def forward(
    queue: DeviceQueue, x: Memory, w: Memory, b: Memory | None, y: Memory, *, shape: Geometry, activation: str
) -> None:
    """Set ``y`` to the activation of the convolution of ``x`` with ``w``, plus ``b``."""
    taps = window_taps(shape)
    plan = _plan(queue.tuning, taps, b is not None, activation == "relu")
    panels = queue.pool.allocate(plan.panels_bytes)
    numbers = (PACK_ROWS, taps.groups, taps.outputs, taps.run, plan.padded, taps.count)
    queue.launch(FILE, "pack_weights", -(-plan.steps // PACK_ROWS), (w, panels), numbers, plan.macros)
    _multiply(queue, x, panels, b, y, plan)


def data_gradient(queue: DeviceQueue, dy: Memory, w: Memory, dx: Memory, *, shape: Geometry) -> None:
    """Set ``dx``."""
    for taps in gradient_taps(shape):
        plan = _plan(queue.tuning, taps, False, False)
        panels = queue.pool.allocate(plan.panels_bytes)
        numbers = (taps.groups, taps.outputs, taps.run, plan.padded, taps.count, taps.grid[1], *taps.kernel)
        items = taps.count * taps.groups * -(-taps.outputs // (2 * queue.tuning.vector))
        queue.launch(FILE, "pack_transposed", items, (w, panels), numbers, plan.macros)
        _multiply(queue, dy, panels, None, dx, plan)


def weight_gradient(
    queue: DeviceQueue, x: Memory, dy: Memory, dw: Memory, db: Memory | None, *, shape: Geometry
) -> None:
    """Set ``dw`` and ``db``."""
    plan = _plan_weights(queue.tuning, window_taps(shape), db is not None)
    scratch = queue.pool.allocate(plan.scratch_bytes)
    partial = None if plan.chunks == 1 else queue.pool.allocate(4 * plan.chunks * plan.size)
    buffers = (x, dy, scratch, partial or dw, partial or db or dw)
    queue.launch(WEIGHT_GRADIENT, "convolution_gemm_weight_gradient", plan.items, buffers, plan.numbers, plan.macros)
    if partial is not None:
        length = queue.tuning.run_length(plan.size)
        numbers = (plan.chunks, plan.size, plan.split, length)
        queue.launch(REDUCE, "reduce_chunks", -(-plan.size // length), (partial, dw, db or dw), numbers)


def _multiply(queue: DeviceQueue, x: Memory, panels: Memory, b: Memory | None, y: Memory, plan: Plan) -> None:
    scratch = queue.pool.allocate(plan.scratch_bytes)
    queue.launch(FILE, "convolution_gemm", plan.items, (x, panels, b or panels, scratch, y), plan.numbers, plan.macros)


@dataclass(frozen=True)
class Plan:
    """How a product is made.

    Attributes:
        padded: steps of a tap, with zeros at its end.
        steps: of all taps.
        panels_bytes, scratch_bytes: memory of the copies of weights and rows.
        items, numbers, macros: the launch.
    """

    padded: int
    steps: int
    panels_bytes: int
    scratch_bytes: int
    items: int
    numbers: Numbers
    macros: Macros


@lru_cache(maxsize=4096)
def _plan(tuning: Tuning, taps: Taps, biased: bool, rectified: bool) -> Plan:
    tile = TILE[tuning.vector]
    width = 2 * tuning.vector
    padded = round_up(taps.run, UNIT)
    steps = taps.count * padded
    length = _pass_length(steps, tile.depth)
    block_rows, row_blocks, block_columns, column_blocks = _blocks(tuning, taps)
    tasks = row_blocks * column_blocks * taps.groups
    items = min(tasks, tuning.items)
    numbers = (
        tasks, row_blocks, block_rows, column_blocks, block_columns, taps.pixels, *taps.shape, *taps.source,
        taps.inputs, *taps.first, *taps.step, taps.grid[1], *taps.dilation, taps.run, padded, steps, length,
        *taps.target, *taps.at, *taps.out, taps.groups * taps.outputs, taps.outputs, int(biased), int(rectified),
    )  # fmt: skip
    return Plan(
        padded=padded, steps=steps, panels_bytes=4 * taps.groups * round_up(taps.outputs, width) * steps,
        scratch_bytes=4 * items * block_rows * length, items=items, numbers=numbers,
        macros=(("ROWS", tile.rows), ("UNIT", UNIT), ("BLOCK", _most_rows(tile.rows))),
    )  # fmt: skip


def _blocks(tuning: Tuning, taps: Taps) -> tuple[int, int, int, int]:
    """Return the rows and outputs of a task, each with the number of such blocks: many rows, yet tasks to share."""
    rows = TILE[tuning.vector].rows
    row_blocks = -(-taps.pixels // _most_rows(rows))
    block_rows = round_up(-(-taps.pixels // row_blocks), rows)
    row_blocks = -(-taps.pixels // block_rows)
    parts = max(1, min(taps.outputs // LEAST_COLUMNS, -(-tuning.items // (row_blocks * taps.groups))))
    block_columns = round_up(-(-taps.outputs // parts), 2 * tuning.vector)
    return block_rows, row_blocks, block_columns, -(-taps.outputs // block_columns)


@dataclass(frozen=True)
class WeightPlan:
    """How a weight gradient is made.

    Attributes:
        chunks: into how many the pixels are cut.
        size, split: elements of the sums of a chunk, and of its weights alone.
        scratch_bytes: memory of the copies of rows.
        items, numbers, macros: the launch.
    """

    chunks: int
    size: int
    split: int
    scratch_bytes: int
    items: int
    numbers: Numbers
    macros: Macros


@lru_cache(maxsize=4096)
def _plan_weights(tuning: Tuning, taps: Taps, biased: bool) -> WeightPlan:
    tile = TILE[tuning.vector]
    tiles = taps.count * -(-taps.run // tile.rows)
    tile_blocks = -(-tiles * tile.rows // _most_rows(tile.rows))
    block_tiles = -(-tiles // tile_blocks)
    tile_blocks = -(-tiles // block_tiles)
    outputs = taps.groups * taps.outputs
    split = taps.count * taps.run * outputs
    size = split + (outputs if biased else 0)
    chunks = _chunks(tile_blocks * taps.groups, taps.pixels, size, tile.depth)
    parts = max(1, min(taps.outputs // LEAST_COLUMNS, -(-tuning.items // (tile_blocks * taps.groups * chunks))))
    block_columns = round_up(-(-taps.outputs // parts), 2 * tuning.vector)
    column_blocks = -(-taps.outputs // block_columns)
    tasks = tile_blocks * column_blocks * taps.groups * chunks
    chunk_pixels = -(-taps.pixels // chunks)
    length = _pass_length(chunk_pixels, tile.depth)
    items = min(tasks, tuning.items)
    numbers = (
        tasks, tile_blocks, block_tiles, column_blocks, block_columns, taps.groups, chunk_pixels, taps.pixels,
        *taps.shape, *taps.source, taps.inputs, *taps.first, *taps.step, taps.count, taps.grid[1], *taps.dilation,
        taps.run, length, taps.outputs, *((size, split) if chunks > 1 else (0, 0)), int(biased),
    )  # fmt: skip
    return WeightPlan(
        chunks=chunks, size=size, split=split, scratch_bytes=4 * items * block_tiles * tile.rows * length, items=items,
        numbers=numbers, macros=(("ROWS", tile.rows), ("UNIT", UNIT), ("DEPTH", tile.depth)),
    )  # fmt: skip


def _chunks(blocks: int, pixels: int, size: int, depth: int) -> int:
    """Return into how many chunks the pixels are cut, none of them empty; the shape alone decides."""
    most = min(pixels // (CHUNK_PASSES * depth), MOST_CHUNK_BYTES // (4 * size))
    chunks = max(1, min(-(-WANTED_TASKS // blocks), most))
    return -(-pixels // -(-pixels // chunks))


def _most_rows(rows: int) -> int:
    return BLOCK_ROWS // rows * rows


def _pass_length(steps: int, depth: int) -> int:
    """Return the length of equal passes, but for the last."""
    return round_up(math.ceil(steps / max(1, math.ceil(steps / depth))), UNIT)
