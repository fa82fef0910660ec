"""Sizes that the kernels are compiled and cut up with, for each kind of device."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mathcore.backends.opencl.source import Macros

ROWS = {4: (12, 6, 4), 8: (12, 6, 4), 16: (16, 12, 8)}
"""MR for NV = 1, 2, 3, by vector width. With 4 x 3 and 6 x 2 an AVX2 core reaches its peak, with 12 x 1 90 % of it
(measured on Zen 3, all data in the level-1 cache)."""

PANEL_BYTES = 19200
"""Weights that one pass holds together: with a little of its other operand they fit a level-1 cache of 32 KiB."""

GPU_VECTOR = 4
"""Element-wise, a work-item of a GPU takes one vector, so that neighbours read neighbouring memory: adding arrays moves
3.0 TB/s on an H100, and 0.2 TB/s where each takes 16."""


@dataclass(frozen=True)
class Tile:
    """A register tile: MR values x NV vectors.

    Its sums, NV vectors of one operand and one value of the other fit the registers: (MR + 1) NV + 1 <= 16 for 128 and
    256 bits, 32 for 512 bits.

    Attributes:
        rows: MR.
        vectors: NV.
        depth: rows of a panel of NV vectors that are held together.
        unit: values that pass over the panel once it is loaded, a multiple of MR.
    """

    rows: int
    vectors: int
    depth: int
    unit: int

    @cached_property
    def macros(self) -> Macros:
        """What the kernel files with such a tile are compiled with."""
        return (("MR", self.rows), ("NV", self.vectors), ("DEPTH", self.depth), ("UNIT", self.unit))


@dataclass(frozen=True, eq=False)
class Tuning:
    """How work is cut up on one device. Only ``vector`` changes the order of a sum.

    Attributes:
        vector: floats in a vector.
        local: work-group size.
        forward_tiles: register tiles of 1, 2 and 3 vectors, of forward kernels and data gradients.
        gradient_tiles: the same of weight gradients, which read more of their other operand.
        longest_run: elements at most that a work-item of an element-wise kernel takes.
        items: work-items at which every compute unit has enough to do.
        patches_bytes: scratch memory of a work-item that makes patches.
    """

    vector: int
    local: int
    forward_tiles: tuple[Tile, ...]
    gradient_tiles: tuple[Tile, ...]
    longest_run: int
    items: int
    patches_bytes: int

    @cached_property
    def macros(self) -> Macros:
        """What every kernel file is compiled with."""
        return (("VEC", self.vector), ("LOCAL", self.local))

    def run_length(self, size: int) -> int:
        """Return how many of ``size`` elements each work-item takes: whole vectors, few enough to share the work."""
        even = -(-size // self.items)
        length = min(self.longest_run, max(even, 64 * self.vector // self.local))
        return -(-length // self.vector) * self.vector


def tune(device: Any, kind: str) -> Tuning:
    """Return the sizes for a pyopencl device of that kind."""
    units = device.max_compute_units
    if kind != "cpu":
        tiles = _tiles(GPU_VECTOR, panel_bytes=768, tiles_per_unit=1)
        return Tuning(
            vector=GPU_VECTOR, local=64, forward_tiles=tiles, gradient_tiles=tiles,
            longest_run=GPU_VECTOR, items=units * 2048, patches_bytes=65536,
        )  # fmt: skip
    native = device.native_vector_width_float
    vector = 16 if native >= 16 else 8 if native >= 8 else 4
    return Tuning(
        vector=vector, local=1,
        forward_tiles=_tiles(vector, panel_bytes=PANEL_BYTES, tiles_per_unit=32),
        gradient_tiles=_tiles(vector, panel_bytes=PANEL_BYTES // 2, tiles_per_unit=32),
        longest_run=8192, items=units * 8, patches_bytes=131072,
    )  # fmt: skip


def _tiles(vector: int, *, panel_bytes: int, tiles_per_unit: int) -> tuple[Tile, ...]:
    return tuple(
        Tile(
            rows=rows,
            vectors=vectors,
            depth=panel_bytes // (vectors * vector * 4),
            unit=rows * tiles_per_unit,
        )
        for vectors, rows in enumerate(ROWS[vector], 1)
    )
