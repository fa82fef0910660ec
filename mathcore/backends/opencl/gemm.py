"""Products of float32 matrices on a CPU: which kernel a shape takes, and how its work is cut up.

Kernel, and so the order of the sums, depends on the shape and the vector width alone; only the number of work-items
depends on the number of compute units. The constants were chosen on a Zen 3 core (VEC 8, 512 KiB level-2 cache) beside
OpenBLAS; "1.2" means 1.2 times the speed of the next best choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning

if TYPE_CHECKING:
    from mathcore.backends.opencl.queue import DeviceQueue

FILE = "gemm_cpu.cl"
FEW_ROWS = "gemm_few_rows.cl"
DOT = "matmul_transposed.cl"

MOST_FEW_ROWS = 12
"""B is read where it lies: 1.2 to 3 up to 12 rows, 0.9 at 16."""
MOST_DOT_ROWS = 24
"""Rows of A times rows of B: 3 at 2 rows, 1.2 at 16 and 24."""
MOST_OWN_PANEL_ROWS = 256
"""Each work-item copies the panels of B that it needs: 1.2 at 49 rows, 1.05 at 196 and 256, 0.9 at 512."""
MOST_NEAR_COLUMNS = 512
"""A is read where it lies: 1.25 at 64 columns, 1.1 at 128, 1.02 at 512, 0.97 at 1024."""

BLOCK_ROWS = 192
"""A block of A, 384 KiB at most, fits a level-2 cache."""
NEAR_COLUMNS = 256
"""So does a block of B whose panels wait for A."""
PACK_ROWS = 8
"""Rows of B that are copied to panels at a time, reading whole pages: twice as fast as panel by panel."""
MOST_PANEL_BYTES = 1 << 27
"""Scratch memory for the panels of B; wider matrices are taken in parts."""
FEWEST_OPERATIONS = 1 << 16
"""Multiply-adds below which a work-item costs more than it saves: 1 us."""
STRIP_BYTES = 1 << 17
"""Sums that a work-item of ``gemm_few_rows.cl`` holds: 4096 columns of 8 rows."""


@dataclass(frozen=True)
class Tile:
    """The register tiles of ``gemm_cpu.cl``, each two vectors wide, for one vector width.

    Attributes:
        rows, small_rows: of the two tiles; together they cover nearly any number of rows without waste.
        depth: length of a pass. A panel of B of that length fits a level-1 cache, or nearly.
    """

    rows: int
    small_rows: int
    depth: int


TILES = {4: Tile(6, 4, 512), 8: Tile(6, 4, 512), 16: Tile(14, 8, 384)}


@dataclass(frozen=True)
class Product:
    """The shape of a product (M, K) by (K, N), and which operands lie transposed."""

    rows: int
    columns: int
    inner: int
    transpose_a: bool
    transpose_b: bool

    @cached_property
    def swapped(self) -> Product | None:
        """The product y.T = b.T @ a.T where it is the faster one: y is a single column, which lies as a row does."""
        if self.columns > 1 or self.rows == 1:
            return None
        return Product(1, self.rows, self.inner, False, not self.transpose_a)


Launch = tuple[str, str, int, tuple[int, ...], Numbers, Macros]
"""File, kernel, work-items, buffers (places in A, B, Y, panels), numbers, macros."""
A, B, Y, PANELS = range(4)


def multiply(
    queue: DeviceQueue, a: Memory, b: Memory, y: Memory, *, rows: int, columns: int, inner: int, transpose_a: bool,
    transpose_b: bool,
) -> None:  # fmt: skip
    """Set y = a @ b, each given transposed if so flagged: (rows, inner) by (inner, columns), no length 0."""
    product = Product(rows, columns, inner, transpose_a, transpose_b)
    if product.swapped is not None:
        a, b, product = b, a, product.swapped
    launches, panel_bytes = plan(queue.tuning, product)
    buffers = (a, b, y, queue.pool.allocate(panel_bytes)) if panel_bytes else (a, b, y)
    for file, name, items, places, numbers, macros in launches:
        queue.launch(file, name, items, tuple(buffers[place] for place in places), numbers, macros)


@lru_cache(maxsize=4096)
def plan(tuning: Tuning, product: Product) -> tuple[tuple[Launch, ...], int]:
    """Return the launches that make a product, and the bytes that their panels need."""
    if product.transpose_b and product.rows <= MOST_DOT_ROWS and (product.rows == 1 or not product.transpose_a):
        return (_plan_dot(tuning, product),), 0
    if not product.transpose_b and product.rows <= MOST_FEW_ROWS:
        return (_plan_few_rows(tuning, product),), 0
    if product.rows <= MOST_OWN_PANEL_ROWS or product.columns <= 2 * tuning.vector:
        return (_plan_own_panels(tuning, product),), 0
    return _plan_ready_panels(tuning, product)


def _plan_dot(tuning: Tuning, product: Product) -> Launch:
    rows_a, rows_b = (1, 8) if product.rows == 1 else (2, 6)
    parts = _parts(tuning, product, -(-product.columns // rows_b))
    block = -(-product.columns // (parts * rows_b)) * rows_b
    numbers = (1, product.rows, block, product.rows, product.columns, product.inner)
    macros = (("AR", rows_a), ("BR", rows_b))
    return DOT, "matmul_transposed", -(-product.columns // block), (A, B, Y), numbers, macros


def _plan_few_rows(tuning: Tuning, product: Product) -> Launch:
    """Strips as wide as they can be: long streams of B come faster than short ones."""
    most = STRIP_BYTES // (4 * 8)
    parts = min(_parts(tuning, product, -(-product.columns // 64)), tuning.items // 8)
    strip = min(most, -(-product.columns // (parts * 16)) * 16)
    numbers = (strip, product.columns, product.inner)
    macros = (("ROWS", product.rows), ("STRIP", most), ("TRANSPOSE_A", int(product.transpose_a and product.rows > 1)))
    return FEW_ROWS, "gemm_few_rows", -(-product.columns // strip), (A, B, Y), numbers, macros


def _plan_own_panels(tuning: Tuning, product: Product) -> Launch:
    """Work-items share out the columns, so that each panel is copied once; the rows only where there are few panels."""
    width = 2 * tuning.vector
    panels = -(-product.columns // width)
    parts = _parts(tuning, product, panels * -(-product.rows // 24))
    column_parts = min(parts, panels)
    row_parts = parts // column_parts
    if product.transpose_a:
        row_parts = max(row_parts, -(-product.rows // BLOCK_ROWS))
    return _gemm(tuning, product, row_parts, column_parts, ready=False, copy_a=product.transpose_a)


def _plan_ready_panels(tuning: Tuning, product: Product) -> tuple[tuple[Launch, ...], int]:
    width = 2 * tuning.vector
    copy_a = product.transpose_a or product.columns > MOST_NEAR_COLUMNS
    block = max(1, MOST_PANEL_BYTES // (4 * width * product.inner)) * width
    launches: list[Launch] = []
    for first in range(0, product.columns, block):
        stop = min(first + block, product.columns)
        launches.append(_pack(tuning, product, first, stop))
        launches.append(_plan_block(tuning, product, first, stop, copy_a=copy_a))
    most = min(block, -(-product.columns // width) * width)
    return tuple(launches), 4 * most * product.inner


def _plan_block(tuning: Tuning, product: Product, first: int, stop: int, *, copy_a: bool) -> Launch:
    width = 2 * tuning.vector
    panels = -(-(stop - first) // width)
    if copy_a:
        units = max(1, tuning.items // 8)
        row_parts = -(-product.rows // (BLOCK_ROWS * units)) * units
        column_parts = min(panels, -(-tuning.items // row_parts))
    else:
        row_parts = min(tuning.items, -(-product.rows // 24))
        column_parts = -(-(stop - first) // NEAR_COLUMNS)
    return _gemm(tuning, product, row_parts, column_parts, ready=True, copy_a=copy_a, first=first, stop=stop)


def _gemm(
    tuning: Tuning, product: Product, row_parts: int, column_parts: int, *, ready: bool, copy_a: bool, first: int = 0,
    stop: int | None = None,
) -> Launch:  # fmt: skip
    stop = product.columns if stop is None else stop
    block_rows = -(-product.rows // row_parts)
    row_blocks = -(-product.rows // block_rows)
    block_columns = _round_up(-(-(stop - first) // column_parts), 2 * tuning.vector)
    items = row_blocks * -(-(stop - first) // block_columns)
    depth = TILES[tuning.vector].depth
    length = _round_up(-(-product.inner // -(-product.inner // depth)), 8)
    numbers = (
        row_blocks, block_rows, block_columns, length, first, stop, product.rows, product.columns, product.inner,
    )  # fmt: skip
    macros = _macros(tuning, product, ready=ready, copy_a=copy_a)
    return FILE, "gemm", items, (A, PANELS if ready else B, Y), numbers, macros


def _pack(tuning: Tuning, product: Product, first: int, stop: int) -> Launch:
    items = -(-(stop - first) // (2 * tuning.vector)) if product.transpose_b else -(-product.inner // PACK_ROWS)
    numbers = (PACK_ROWS, first, stop, product.columns, product.inner)
    macros = _macros(tuning, product, ready=True, copy_a=False)
    return FILE, "gemm_pack", items, (B, PANELS), numbers, macros


def _macros(tuning: Tuning, product: Product, *, ready: bool, copy_a: bool) -> Macros:
    tile = TILES[tuning.vector]
    return (
        ("ROWS", tile.rows), ("SMALL_ROWS", tile.small_rows), ("BLOCK_ROWS", BLOCK_ROWS), ("DEPTH", tile.depth),
        ("TRANSPOSE_A", int(product.transpose_a)), ("TRANSPOSE_B", int(product.transpose_b)),
        ("PANELS_READY", int(ready)), ("COPY_A", int(copy_a)),
    )  # fmt: skip


def _parts(tuning: Tuning, product: Product, most: int) -> int:
    """Return into how many parts the work is cut: enough to share, each worth a work-item."""
    operations = product.rows * product.columns * product.inner
    return max(1, min(most, tuning.items // 2, operations // FEWEST_OPERATIONS))


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step
