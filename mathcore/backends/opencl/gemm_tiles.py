"""How ``gemm_cpu.cl`` cuts up a product: register tiles, passes, blocks, and its launches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.source import Macros

FILE = "gemm_cpu.cl"
UNIT = 4
PACK_ROWS = 8
"""Rows of B that are copied to panels at a time, reading whole pages: twice as fast as panel by panel."""
PACK_TILES = 8
"""Tiles of A that are copied at a time, so that a transposed A is read by whole lines of the cache."""

Launch = tuple[str, str, int, tuple[int, ...], Numbers, Macros]
"""File, kernel, work-items, buffers (places in A, B, Y, TILES, PANELS), numbers, macros."""
A, B, Y, TILES, PANELS = range(5)


@dataclass(frozen=True)
class Tile:
    """The two register tiles for one vector width; each is two vectors wide.

    Attributes:
        rows, small_rows: together they cover nearly any number of rows without waste.
        depth: length of a pass. A panel of B of that length fits a level-1 cache, or nearly.
    """

    rows: int
    small_rows: int
    depth: int


TILE = {4: Tile(6, 4, 512), 8: Tile(6, 4, 384), 16: Tile(14, 8, 256)}
"""By vector width: 6 x 2 sums fit 16 registers, 14 x 2 fit 32."""


@dataclass(frozen=True)
class Cut:
    """The product (rows, inner) by (inner, columns) of operands that may lie transposed, cut up for a vector width."""

    rows: int
    columns: int
    inner: int
    transpose_a: bool
    transpose_b: bool
    vector: int

    @cached_property
    def width(self) -> int:
        """Columns of a panel."""
        return 2 * self.vector

    @cached_property
    def panels(self) -> int:
        """Panels of all columns."""
        return -(-self.columns // self.width)

    @cached_property
    def length(self) -> int:
        """Length of a pass: equal passes, but for the last."""
        passes = -(-self.inner // TILE[self.vector].depth)
        return round_up(-(-self.inner // passes), UNIT)

    @cached_property
    def small(self) -> int:
        """How many small tiles there are, so that the fewest rows are computed in vain."""
        tile = TILE[self.vector]

        def covered(small: int) -> int:
            return small * tile.small_rows + round_up(max(0, self.rows - small * tile.small_rows), tile.rows)

        return min(range(tile.rows), key=covered)

    @cached_property
    def large(self) -> int:
        """How many large tiles there are."""
        tile = TILE[self.vector]
        return -(-max(0, self.rows - self.small * tile.small_rows) // tile.rows)

    @cached_property
    def tiles(self) -> int:
        """How many tiles there are."""
        return self.small + self.large

    @cached_property
    def all_rows(self) -> int:
        """Rows of all tiles."""
        return self.small * TILE[self.vector].small_rows + self.large * TILE[self.vector].rows

    @cached_property
    def tiles_bytes(self) -> int:
        """Bytes of the copy of A."""
        return 4 * self.all_rows * round_up(self.inner, UNIT)

    def multiply(
        self, row_parts: int, column_parts: int, *, tiles_ready: bool, panels_ready: bool, first: int = 0,
        stop: int | None = None,
    ) -> Launch:  # fmt: skip
        """Return the launch that makes columns ``first`` to ``stop`` - 1, in about so many parts."""
        stop = self.columns if stop is None else stop
        block_tiles = -(-self.tiles // row_parts)
        row_blocks = -(-self.tiles // block_tiles)
        block_columns = round_up(-(-(stop - first) // column_parts), self.width)
        numbers = (
            self.large, self.tiles, self.all_rows, row_blocks, block_tiles, block_columns, self.length, first, stop,
            self.rows, self.columns, self.inner,
        )  # fmt: skip
        items = row_blocks * -(-(stop - first) // block_columns)
        places = (TILES if tiles_ready else A, PANELS if panels_ready else B, Y)
        return FILE, "gemm", items, places, numbers, self._macros(tiles_ready, panels_ready)

    def pack_a(self, *, panels_ready: bool) -> Launch:
        """Return the launch that copies A."""
        numbers = (PACK_TILES, self.tiles, self.large, self.all_rows, self.length, self.rows, self.inner)
        items = -(-self.tiles // PACK_TILES)
        return FILE, "gemm_pack_a", items, (A, TILES), numbers, self._macros(True, panels_ready)

    def pack_b(self, *, tiles_ready: bool, first: int, stop: int) -> Launch:
        """Return the launch that copies columns ``first`` to ``stop`` - 1 of B."""
        numbers = (PACK_ROWS, first, stop, self.columns, self.inner)
        items = -(-(stop - first) // self.width) if self.transpose_b else -(-self.inner // PACK_ROWS)
        return FILE, "gemm_pack_b", items, (B, PANELS), numbers, self._macros(tiles_ready, True)

    def _macros(self, tiles_ready: bool, panels_ready: bool) -> Macros:
        tile = TILE[self.vector]
        return (
            ("ROWS", tile.rows), ("SMALL_ROWS", tile.small_rows), ("DEPTH", tile.depth), ("UNIT", UNIT),
            ("TRANSPOSE_A", int(self.transpose_a)), ("TRANSPOSE_B", int(self.transpose_b)),
            ("TILES_READY", int(tiles_ready)), ("PANELS_READY", int(panels_ready)),
        )  # fmt: skip


def round_up(size: int, step: int) -> int:
    """Return the least multiple of ``step`` that is not below ``size``."""
    return -(-size // step) * step
