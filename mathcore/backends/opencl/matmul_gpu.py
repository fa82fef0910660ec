"""Products of float32 matrices on a GPU: which tile a shape takes, into how many chunks its sums are cut, the launches.

Both depend on the shape alone, so that the same product has the same bits wherever it is made. They are what a simple
model of time says, fitted to an NVIDIA H100: see ``docs/results/gemm-gpu.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.source import Macros

if TYPE_CHECKING:
    from mathcore.backends.opencl.queue import DeviceQueue

FILE = "gemm_gpu.cl"
REDUCE = "reduce_chunks.cl"

UNITS = 132
"""Multiprocessors of the model's device."""
LAUNCH, REDUCTION = 6.5, 10.0
"""Microseconds of a launch, and of a reduction beside the bytes that it moves."""
BYTES_PER_MICROSECOND = 3.1e6
EXTRA_DEPTH = 14
"""Values of k that could be summed while a work-group starts and stores its tile."""

LONGEST_CHUNK = 16384
"""Values of k summed one after the other: the error grows with it, 4e-6 of the largest |y| here."""
SHORTEST_CHUNK = 64
MOST_CHUNKS = 128
MOST_SPLIT_TILES = 200
"""More tiles than these fill the device without being cut along k."""
MOST_PARTIAL = 1 << 28
"""Elements of all chunks together."""


@dataclass(frozen=True)
class Tile:
    """The part of a product that a work-group makes, and how fast.

    Attributes:
        rows, columns: its size.
        step: values of k that it holds at once.
        item_rows, item_columns: the size of a work-item's part.
        groups: work-groups that a multiprocessor holds.
        rate: TFLOP/s of the device while all multiprocessors hold that many.
        rate_alone: the same while each holds one.
    """

    rows: int
    columns: int
    step: int
    item_rows: int
    item_columns: int
    groups: int
    rate: float
    rate_alone: float

    @property
    def items(self) -> int:
        """Return the work-items of a work-group."""
        return self.rows * self.columns // (self.item_rows * self.item_columns)

    def count(self, rows: int, columns: int) -> int:
        """Return how many tiles cover so many rows and columns."""
        return -(-rows // self.rows) * -(-columns // self.columns)

    def microseconds(self, rows: int, columns: int, inner: int, chunk: int) -> float:
        """Return about how long a product takes whose ``inner`` values of k are cut into chunks of ``chunk``."""
        chunks = -(-inner // chunk)
        each = -(-self.count(rows, columns) * chunks // UNITS)
        flops = 2e-6 * UNITS * self.rows * self.columns * (chunk + EXTRA_DEPTH)
        time = LAUNCH + flops * max(each / self.rate, -(-each // self.groups) / self.rate_alone)
        return time if chunks == 1 else time + REDUCTION + 4 * chunks * rows * columns / BYTES_PER_MICROSECOND


TILES = (
    Tile(128, 128, 8, 16, 8, groups=2, rate=50, rate_alone=43),
    Tile(64, 128, 16, 8, 8, groups=3, rate=47, rate_alone=42),
    Tile(32, 64, 16, 4, 8, groups=8, rate=39, rate_alone=18),
    Tile(32, 32, 16, 4, 4, groups=8, rate=32, rate_alone=14),
)


@dataclass(frozen=True)
class Plan:
    """A launch: its tile, the number of chunks, work-items, numbers and macros."""

    tile: Tile
    chunks: int
    items: int
    numbers: Numbers
    macros: Macros


def multiply(
    queue: DeviceQueue,
    a: Memory,
    b: Memory,
    y: Memory,
    *,
    rows: int,
    columns: int,
    inner: int,
    transpose_a: bool,
    transpose_b: bool,
) -> None:
    """Set y = A @ B: (rows, inner) by (inner, columns), float32, rows contiguous.

    Args:
        queue: the device, any with local memory and barriers.
        a: A, or its transpose (inner, rows) with ``transpose_a``.
        b: B, or its transpose (columns, inner) with ``transpose_b``.
        y: (rows, columns), overwritten; shares no memory with ``a`` and ``b``.
        rows, columns, inner: the shape; where one is 0, y is empty or zero.
        transpose_a, transpose_b: how a and b lie in memory.
    Raises:
        DeviceError: if the device has no room for the chunks or cannot run the kernel.
    """
    size = rows * columns
    if size == 0 or inner == 0:
        queue.fill(y, np.zeros(1, np.float32), size * 4)
        return
    plan = make_plan(rows, columns, inner, transpose_a, transpose_b)
    target = y if plan.chunks == 1 else queue.pool.allocate(plan.chunks * size * 4)
    queue.launch(FILE, "gemm_gpu", plan.items, (a, b, target), plan.numbers, plan.macros, local=plan.tile.items)
    if plan.chunks > 1:
        length = queue.tuning.vector
        queue.launch(REDUCE, "reduce_chunks", -(-size // length), (target, y, y), (plan.chunks, size, size, length))


@lru_cache(maxsize=4096)
def make_plan(rows: int, columns: int, inner: int, transpose_a: bool, transpose_b: bool) -> Plan:
    """Return the launch for a shape."""
    tile, chunk = choose(rows, columns, inner)
    chunks = -(-inner // chunk)
    macros = (
        ("BM", tile.rows),
        ("BN", tile.columns),
        ("BK", tile.step),
        ("TM", tile.item_rows),
        ("TN", tile.item_columns),
        ("ACROSS_A", int(not transpose_a)),
        ("ACROSS_B", int(transpose_b)),
        ("WIDE_A", int((rows if transpose_a else inner) % 4 == 0)),
        ("WIDE_B", int((inner if transpose_b else columns) % 4 == 0)),
        ("WIDE_Y", int(columns % 4 == 0)),
    )
    items = tile.count(rows, columns) * chunks * tile.items
    return Plan(tile, chunks, items, (rows, columns, inner, chunk), macros)


def choose(rows: int, columns: int, inner: int) -> tuple[Tile, int]:
    """Return the tile and the length of a chunk that are likely to be fastest for a shape."""
    candidates = [(tile, chunk) for tile in TILES for chunk in _chunk_lengths(tile, rows, columns, inner)]
    return min(candidates, key=lambda candidate: candidate[0].microseconds(rows, columns, inner, candidate[1]))


def _chunk_lengths(tile: Tile, rows: int, columns: int, inner: int) -> list[int]:
    """Return the lengths of 1, 2, 4, ... chunks, multiples of a step, that are worth a thought."""
    most = min(MOST_CHUNKS, max(1, MOST_PARTIAL // (rows * columns)))
    counts = [1 << power for power in range(most.bit_length())]
    lengths = [-(-inner // (count * tile.step)) * tile.step for count in counts]
    shortest = SHORTEST_CHUNK if tile.count(rows, columns) <= MOST_SPLIT_TILES else LONGEST_CHUNK // 2  # for exactness
    short_enough = [length for length in lengths if length <= LONGEST_CHUNK] or lengths[-1:]
    return [length for length in short_enough if length >= shortest] or short_enough[:1]
