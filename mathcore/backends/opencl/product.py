"""The two register-tile kernels: windows times weights, and the transposed product that gives the weights' gradient."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning
from mathcore.backends.opencl.windows import Windows, panels, passes

if TYPE_CHECKING:
    from mathcore.backends.opencl.queue import DeviceQueue

FORWARD = "convolution_forward.cl"
WEIGHT_GRADIENT = "convolution_weight_gradient.cl"
REDUCE = "reduce_chunks.cl"
CHUNK_PIXELS = 512
MOST_CHUNKS = 16
GROUP_ROWS = 256

Plan = tuple[tuple[int, Numbers, Macros], ...]
"""Work-items, numbers and macros of each launch. Plans are remembered: making one takes longer than a launch."""


def multiply(
    queue: DeviceQueue, x: Memory, w: Memory, b: Memory | None, y: Memory, *, windows: Windows, outputs: int,
    activation: str = "identity",
) -> None:  # fmt: skip
    """Set y = activation(windows of x times w, plus b): (pixels, runs * run) by (runs * run, outputs)."""
    buffers = (x, w, y if b is None else b, y)
    plan = _plan_forward(queue.tuning, windows, outputs, int(b is not None), int(activation == "relu"))
    for items, numbers, macros in plan:
        queue.launch(FORWARD, "convolution_forward", items, buffers, numbers, macros)


def multiply_transposed(
    queue: DeviceQueue, x: Memory, dy: Memory, dw: Memory, db: Memory | None, *, windows: Windows, outputs: int
) -> None:
    """Set dw = transposed windows of x times dy, and db = the column sums of dy (pixels, outputs).

    The pixels are cut into chunks whose number depends on ``windows`` alone; their sums are added in order.
    """
    chunks = min(MOST_CHUNKS, max(1, windows.pixels // CHUNK_PIXELS))
    plan = _plan_gradient(queue.tuning, windows, outputs, chunks, int(db is not None))
    if chunks == 1:
        _sum_chunks(queue, (x, dy, dw, db or dw), plan)
        return
    split = windows.runs * windows.run * outputs
    size = split if db is None else split + outputs
    partial = queue.pool.allocate(chunks * size * 4)
    _sum_chunks(queue, (x, dy, partial, partial), plan)
    length = queue.tuning.run_length(size)
    buffers = (partial, dw, db or dw)
    queue.launch(REDUCE, "reduce_chunks", -(-size // length), buffers, (chunks, size, split, length))


def _sum_chunks(queue: DeviceQueue, buffers: tuple[Memory, ...], plan: Plan) -> None:
    for items, numbers, macros in plan:
        queue.launch(WEIGHT_GRADIENT, "convolution_weight_gradient", items, buffers, numbers, macros)


@lru_cache(maxsize=4096)
def _plan_forward(tuning: Tuning, windows: Windows, outputs: int, biased: int, rectified: int) -> Plan:
    plan = []
    for vectors, first, count in panels(outputs, tuning.vector):
        tile = tuning.forward_tiles[vectors - 1]
        units = -(-windows.pixels // tile.unit)
        numbers = (
            units, tile.unit, windows.pixels, first, outputs, windows.runs, windows.run, windows.x_row,
            windows.x_image, windows.per_image, windows.per_row, windows.step_h, windows.step_w,
            *passes(windows, tile.depth), biased, rectified,
        )  # fmt: skip
        plan.append((units * count, numbers, tile.macros))
    return tuple(plan)


@lru_cache(maxsize=4096)
def _plan_gradient(tuning: Tuning, windows: Windows, outputs: int, chunks: int, biased: int) -> Plan:
    inputs = windows.runs * windows.run
    size = inputs * outputs
    chunk_size, bias_start = (0, 0) if chunks == 1 else (size + biased * outputs, size)
    groups = max(1, -(-inputs // GROUP_ROWS))
    plan = []
    for vectors, first, count in panels(outputs, tuning.vector):
        tile = tuning.gradient_tiles[vectors - 1]
        group_rows = -(-inputs // (groups * tile.rows)) * tile.rows
        numbers = (
            count, groups, group_rows, -(-windows.pixels // chunks), windows.pixels, first, outputs, inputs,
            windows.run, windows.x_row, windows.x_image, windows.per_image, windows.per_row,
            windows.step_h, windows.step_w, chunk_size, bias_start, biased,
        )  # fmt: skip
        plan.append((count * groups * chunks, numbers, tile.macros))
    return tuple(plan)
