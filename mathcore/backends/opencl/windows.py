"""How the convolution kernels see their pixels, and how outputs are cut into panels and sums into passes.

A pixel is one position of the window; its inputs are KH runs of KW * C contiguous elements. A row of a matrix is a
pixel with one run: so convolutions and matrix products share their kernels.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Windows:
    """Where the windows lie in padded images (N, XH, XW, C); all lengths in elements.

    Attributes:
        pixels: windows in all.
        runs: KH, runs of a window.
        run: KW * C, elements of a run.
        x_row: from a row of an image to the next.
        x_image: from an image to the next.
        per_image: windows of an image, OH * OW.
        per_row: windows of a row, OW.
        step_h: from a window to that below.
        step_w: from a window to that beside.
    """

    pixels: int
    runs: int
    run: int
    x_row: int
    x_image: int
    per_image: int
    per_row: int
    step_h: int
    step_w: int


def matrix_windows(rows: int, columns: int) -> Windows:
    """Return the rows of a matrix as windows."""
    return Windows(
        pixels=rows, runs=1, run=columns, x_row=columns, x_image=columns, per_image=1, per_row=1, step_h=0, step_w=0
    )


def panels(columns: int, vector: int) -> list[tuple[int, int, int]]:
    """Cut ``columns`` outputs into panels of 3, 2 or 1 vectors, with as few vectors as cover them.

    Returns:
        (vectors of a panel, first output, number of panels) for each kernel variant to launch.
    """
    threes, rest = divmod(-(-columns // vector), 3)
    counts = {3: threes - 1, 2: 2} if rest == 1 and threes else {3: threes, rest: 1}
    plan, first = [], 0
    for size, count in counts.items():
        if size and count:
            plan.append((size, first, count))
            first += size * count * vector
    return plan


def passes(windows: Windows, depth: int) -> tuple[int, int]:
    """Return (runs, elements of a run) that are summed in one pass of at most ``depth`` elements."""
    if windows.run <= depth:
        return min(windows.runs, depth // max(windows.run, 1)), windows.run
    pieces = -(-windows.run // depth)
    return 1, -(-windows.run // pieces)
