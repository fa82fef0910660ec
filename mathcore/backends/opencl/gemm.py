"""Products of float32 matrices on a CPU: which kernel a shape takes, and into how many parts its work is cut.

Kernel, and so the order of the sums, depends on the shape and the vector width alone; only the number of work-items
depends on the number of compute units. The constants were chosen beside OpenBLAS on Zen 3 cores (VEC 8, 512 KiB
level-2 cache); "1.2" means 1.2 times the speed of the next best choice.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mathcore.backends.opencl.gemm_tiles import A, B, Cut, Launch, Y, round_up
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.tuning import Tuning

if TYPE_CHECKING:
    from mathcore.backends.opencl.queue import DeviceQueue

FEW_ROWS = "gemm_few_rows.cl"
DOT = "matmul_transposed.cl"

MOST_FEW_ROWS = 12
"""B is read once, where it lies: 1.2 to 3 up to 12 rows, 0.9 at 16."""
MOST_DOT_ROWS = 24
"""Rows of A times rows of B: 3 at 2 rows, 1.2 at 16 and 24."""
MOST_OWN_PANEL_ROWS = 256
"""Each work-item copies the panels of B that it needs: 1.2 at 49 rows, 1.05 at 196 and 256, 0.9 at 512."""
MOST_NEAR_COLUMNS = 512
"""A is read where it lies: 1.25 at 64 columns, 1.1 at 128, 1.02 at 512, 0.97 at 1024."""

BLOCK_ROWS = 192
"""Rows of A in a pass, 384 KiB at most, that wait in a level-2 cache for panels of B."""
BLOCK_COLUMNS = 256
"""Columns of B whose panels wait there for tiles of A."""
MOST_PANEL_BYTES = 1 << 27
"""Scratch memory for the panels of B; wider matrices are taken in parts."""
LEAST_OPERATIONS = 1 << 16
"""Multiply-adds below which a work-item costs more than it saves: 1 us."""
LEAST_STRIP, MOST_STRIP = 64, 4096
"""Columns of a work-item of ``gemm_few_rows.cl``: long streams of B come faster than short ones."""

Plan = tuple[tuple[Launch, ...], int, int]
"""The launches of a product, and the bytes of their copies of A and B."""


def multiply(
    queue: DeviceQueue, a: Memory, b: Memory, y: Memory, *, rows: int, columns: int, inner: int, transpose_a: bool,
    transpose_b: bool,
) -> None:  # fmt: skip
    """Set y = a @ b, each given transposed if so flagged: (rows, inner) by (inner, columns), no length 0."""
    launches, tiles_bytes, panel_bytes = plan(queue.tuning, rows, columns, inner, transpose_a, transpose_b)
    tiles = queue.pool.allocate(tiles_bytes) if tiles_bytes else a
    panels = queue.pool.allocate(panel_bytes) if panel_bytes else b
    buffers = (a, b, y, tiles, panels)
    for file, name, items, places, numbers, macros in launches:
        queue.launch(file, name, items, tuple([buffers[place] for place in places]), numbers, macros)


def multiply_few_rows(
    queue: DeviceQueue, a: Memory, b: Memory, bias: Memory | None, y: Memory, *, rows: int, columns: int, inner: int
) -> None:
    """Set y = a @ b + bias, with at most ``MOST_FEW_ROWS`` rows and no length 0: reads ``b`` once."""
    cut = Cut(rows, columns, inner, False, False, queue.tuning.vector)
    file, name, items, _, numbers, macros = _few_rows(queue.tuning, cut)
    buffers = (a, b, y) if bias is None else (a, b, y, bias)
    queue.launch(file, name, items, buffers, numbers, (*macros, ("BIASED", int(bias is not None))))


@lru_cache(maxsize=4096)
def plan(tuning: Tuning, rows: int, columns: int, inner: int, transpose_a: bool, transpose_b: bool) -> Plan:
    """Return how a product is made."""
    if columns == 1 and rows > 1:  # y.T = b.T @ a.T: y and b lie as rows do, and few rows are fast
        launches, *scratch = plan(tuning, 1, rows, inner, False, not transpose_a)
        return tuple((*launch[:3], (B, A, Y), *launch[4:]) for launch in launches), scratch[0], scratch[1]
    cut = Cut(rows, columns, inner, transpose_a and rows > 1, transpose_b, tuning.vector)
    if transpose_b and rows <= MOST_DOT_ROWS and not cut.transpose_a:
        return (_dot(tuning, cut),), 0, 0
    if not transpose_b and rows <= MOST_FEW_ROWS:
        return (_few_rows(tuning, cut),), 0, 0
    if rows <= MOST_OWN_PANEL_ROWS or columns <= cut.width:
        return _own_panels(tuning, cut)
    return _ready_panels(tuning, cut)


def _dot(tuning: Tuning, cut: Cut) -> Launch:
    rows_a, rows_b = (1, 8) if cut.rows == 1 else (2, 6)
    block = round_up(-(-cut.columns // _parts(tuning, cut, -(-cut.columns // rows_b))), rows_b)
    numbers = (1, cut.rows, block, cut.rows, cut.columns, cut.inner)
    macros = (("AR", rows_a), ("BR", rows_b))
    return DOT, "matmul_transposed", -(-cut.columns // block), (A, B, Y), numbers, macros


def _few_rows(tuning: Tuning, cut: Cut) -> Launch:
    parts = min(_parts(tuning, cut, -(-cut.columns // LEAST_STRIP)), max(1, tuning.items // 8))
    strip = min(MOST_STRIP, round_up(-(-cut.columns // parts), cut.vector))
    numbers = (strip, cut.columns, cut.inner)
    macros = (("ROWS", cut.rows), ("STRIP", MOST_STRIP), ("TRANSPOSE_A", int(cut.transpose_a)))
    return FEW_ROWS, "gemm_few_rows", -(-cut.columns // strip), (A, B, Y), numbers, macros


def _own_panels(tuning: Tuning, cut: Cut) -> Plan:
    """Work-items share out the columns, so that each panel is copied once; the rows only where there are few panels."""
    parts = _parts(tuning, cut, cut.panels * -(-cut.tiles // 3))
    column_parts = min(parts, cut.panels)
    row_parts = parts // column_parts
    if not cut.transpose_a:
        return (cut.multiply(row_parts, column_parts, tiles_ready=False, panels_ready=False),), 0, 0
    pack = cut.pack_a(panels_ready=False)
    return (pack, cut.multiply(row_parts, column_parts, tiles_ready=True, panels_ready=False)), cut.tiles_bytes, 0


def _ready_panels(tuning: Tuning, cut: Cut) -> Plan:
    ready = cut.transpose_a or cut.columns > MOST_NEAR_COLUMNS
    part = max(1, MOST_PANEL_BYTES // (4 * cut.width * cut.inner)) * cut.width
    launches = [cut.pack_a(panels_ready=True)] if ready else []
    for first in range(0, cut.columns, part):
        stop = min(first + part, cut.columns)
        column_parts = -(-(stop - first) // BLOCK_COLUMNS)
        row_parts = -(-cut.rows // BLOCK_ROWS) if ready else -(-2 * tuning.items // column_parts)
        launches.append(cut.pack_b(tiles_ready=ready, first=first, stop=stop))
        launches.append(
            cut.multiply(row_parts, column_parts, tiles_ready=ready, panels_ready=True, first=first, stop=stop)
        )
    return tuple(launches), cut.tiles_bytes if ready else 0, 4 * min(part, cut.panels * cut.width) * cut.inner


def _parts(tuning: Tuning, cut: Cut, most: int) -> int:
    """Return into how many parts the work is cut: enough to share, each worth a work-item."""
    return max(1, min(most, tuning.items, cut.rows * cut.columns * cut.inner // LEAST_OPERATIONS))
