"""How the kernels in ``winograd_*.cl`` cut up a convolution: tiles, blocks, launches, scratch memory.

What decides the order of a sum depends on the shape and the vector width alone; only the number of work-items, and of
tiles and outputs that a work-item of the forward pass takes, depend on the number of compute units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from mathcore.backends.opencl.gemm_tiles import round_up
from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning
from mathcore.backends.shapes import Shape

FORWARD = "winograd_forward.cl"
WEIGHTS = "winograd_weights.cl"
DATA_GRADIENT = "winograd_data_gradient.cl"
WEIGHT_GRADIENT = "winograd_weight_gradient.cl"
REDUCE = "reduce_chunks.cl"

STEP = 4
"""Side of a tile of y, as in the kernels."""
GAP = 16
"""Elements between the points of an operand, as in the kernels."""
GROUP = 8
"""Tiles that a work-item of the weight gradient transforms together, as in the kernel."""
ROWS = {4: 6, 8: 6, 16: 12}
"""Rows of a register tile of two vectors, by vector width."""
BLOCK = {4: 24, 8: 24, 16: 48}
"""Channels that lie together in the weight gradient: whole vectors and whole register tiles."""

LONGEST_PASS = 384
"""Channels of a pass of the forward sums: a panel of so many fits a level-1 cache, or nearly."""
LONGEST_GRADIENT_PASS = 200
"""Tiles of a pass of the weight gradient's sums: two panels fit there."""
NEAR_WEIGHTS = 36 * 128 * 128 * 4
"""Bytes of transformed weights up to which each work-item goes through all of them for its own block of tiles."""
BLOCK_TILES = 48
"""Tiles of such a block, at most: with 64 channels they and their products fit a level-2 cache of 512 KiB, nearly."""
INPUT_BYTES = 10 * 2**20
"""Transformed inputs, or both operands of a weight gradient, that are held at a time, in a level-3 cache."""
LEAST_GRADIENT_TILES = 128
"""Fewer tiles than that at a time, and reading and writing the sums takes longer than the products."""
CHANNEL_PART = 64
WEIGHT_PART = 4
"""Channels, and vectors of channels, of a work-item that transforms inputs or weights."""

Launch = tuple[str, str, int, tuple[int, ...], Numbers, Macros]
"""File, kernel, work-items, buffers (places in those of the pass, then its scratch), numbers, macros."""


@dataclass(frozen=True)
class Tiles:
    """The tiles of a convolution with stride 1 of x (N, H, W, C) to y (N, OH, OW, O).

    Attributes:
        side: of the filter, 3 or 5.
        pad: rows above and columns left of x that are zero.
    """

    x_shape: Shape
    y_shape: Shape
    side: int
    pad: tuple[int, int]

    @property
    def points(self) -> int:
        """Products of a tile."""
        return (STEP + self.side - 1) ** 2

    @cached_property
    def row(self) -> int:
        """Tiles of a row of an image."""
        return -(-self.y_shape[2] // STEP)

    @cached_property
    def image(self) -> int:
        """Tiles of an image."""
        return -(-self.y_shape[1] // STEP) * self.row

    @cached_property
    def count(self) -> int:
        """Tiles in all."""
        return self.x_shape[0] * self.image


@dataclass(frozen=True)
class Plan:
    """Launches of a pass and the bytes of its scratch buffers."""

    launches: tuple[Launch, ...]
    scratch: tuple[int, ...]


@lru_cache(maxsize=4096)
def plan_forward(tuning: Tuning, tiles: Tiles, *, flip: int, biased: int, rectified: int) -> Plan:
    """Return how y is made of x, w, b, the buffers 0 to 3 being x, w, b, y."""
    weights, weight_bytes, depth, panels = _weights(tuning, tiles.side, tiles.x_shape[3], tiles.y_shape[3], flip)
    macros = (("SIDE", tiles.side), ("ROWS", ROWS[tuning.vector]))
    end = (biased, rectified)
    if weight_bytes <= NEAR_WEIGHTS + 2**16:
        launches, scratch = _by_blocks(tuning, tiles, depth, panels, end, macros)
    else:
        launches, scratch = _by_panels(tuning, tiles, depth, panels, end, macros)
    return Plan((weights, *launches), (weight_bytes, *scratch))


def _weights(tuning: Tuning, side: int, channels: int, outputs: int, flip: int) -> tuple[Launch, int, int, int]:
    """Return the launch that makes buffer 4 from buffer 1, its bytes, and its depth and panels."""
    depth, panels = round_up(channels, tuning.vector), -(-outputs // (2 * tuning.vector))
    size = 4 * ((STEP + side - 1) ** 2 * (panels * depth * 2 * tuning.vector + GAP) + depth + tuning.vector)
    parts = -(-depth // (WEIGHT_PART * tuning.vector))
    numbers = (WEIGHT_PART, parts, panels, depth, channels, outputs)
    macros = (("SIDE", side), ("FLIP", flip))
    return (WEIGHTS, "winograd_weights", panels * parts, (1, 4), numbers, macros), size, depth, panels


def _by_blocks(
    tuning: Tuning, tiles: Tiles, depth: int, panels: int, end: tuple[int, int], macros: Macros
) -> tuple[list[Launch], tuple[int, ...]]:
    """Each work-item makes all outputs of its blocks of tiles."""
    units, rows, width = _units(tuning), ROWS[tuning.vector], 2 * tuning.vector
    size = round_up(min(BLOCK_TILES, -(-tiles.count // (4 * units))), rows)
    blocks = -(-tiles.count // size)
    items = min(blocks, 2 * units)
    group = min(panels, 128 // width)
    scratch = tiles.points * (size * depth + GAP + group * size * width + GAP)
    numbers = (
        blocks, size, group, _pass(depth, LONGEST_PASS, tuning.vector), panels, scratch, *end, *tiles.x_shape[1:],
        *tiles.y_shape[1:], tiles.image, tiles.row, tiles.count, *tiles.pad, depth,
    )  # fmt: skip
    return [(FORWARD, "winograd_forward", items, (0, 4, 2, 3, 5), numbers, macros)], (4 * items * scratch,)


def _by_panels(
    tuning: Tuning, tiles: Tiles, depth: int, panels: int, end: tuple[int, int], macros: Macros
) -> tuple[list[Launch], tuple[int, ...]]:
    """Inputs are transformed for some tiles at a time; then each work-item makes a few panels of their outputs."""
    rows, width = ROWS[tuning.vector], 2 * tuning.vector
    size = _pass(tiles.count, max(rows, INPUT_BYTES // (4 * tiles.points * depth)), rows)
    part, group = _share(size, panels, tuning)
    channel_parts = -(-depth // CHANNEL_PART)
    shape = (tiles.image, tiles.row)
    launches: list[Launch] = []
    for first in range(0, tiles.count, size):
        count = min(size, tiles.count - first)
        numbers: Numbers = (
            channel_parts, CHANNEL_PART, first, size, panels, *tiles.x_shape[1:], *shape, tiles.count, *tiles.pad, depth
        )  # fmt: skip
        items = -(-count // rows) * channel_parts
        launches.append((FORWARD, "winograd_inputs", items, (0, 4, 5), numbers, macros))
        blocks = -(-count // part)
        numbers = (
            blocks, part, group, _pass(depth, LONGEST_PASS, tuning.vector), panels, first, count, size, *end,
            tiles.x_shape[3], *tiles.y_shape[1:], *shape, depth,
        )  # fmt: skip
        items = blocks * -(-panels // group)
        launches.append((FORWARD, "winograd_outputs", items, (5, 4, 2, 3, 6), numbers, macros))
    products = -(-size // part) * -(-panels // group) * tiles.points * (group * part * width + GAP)
    return launches, (4 * tiles.points * (size * depth + GAP), 4 * products)


def _share(size: int, panels: int, tuning: Tuning) -> tuple[int, int]:
    """Return tiles and panels of a work-item: large ones, but four for each compute unit."""
    rows, part, group = ROWS[tuning.vector], size, min(4, panels)
    while -(-size // part) * -(-panels // group) < 4 * _units(tuning) and (part > 2 * rows or group > 1):
        if group > 2 or part <= 8 * rows:
            group = max(1, group // 2)
        if group == 1 or part > 8 * rows:
            part = max(2 * rows, round_up(-(-part // 2), rows))
    return part, group


@lru_cache(maxsize=4096)
def plan_data_gradient(tuning: Tuning, tiles: Tiles) -> Plan:
    """Return how dx is made of dy and w, tile of y by tile, the buffers 0, 1, 3 being dy, w, dx."""
    images, channels, outputs = tiles.x_shape[0], tiles.x_shape[3], tiles.y_shape[3]
    weights, weight_bytes, depth, panels = _weights(tuning, tiles.side, outputs, channels, 2)
    rows, width = ROWS[tuning.vector], 2 * tuning.vector
    size = _images(tiles.image, images, rows, most=max(1, images // (4 * _units(tuning))))
    blocks = -(-images // size)
    items = min(blocks, 2 * _units(tuning))
    count = round_up(size * tiles.image, rows)
    scratch = tiles.points * (count * depth + GAP + panels * count * width + GAP)
    numbers = (
        blocks, size, images, _pass(depth, LONGEST_PASS, tuning.vector), panels, scratch, *tiles.y_shape[1:],
        *tiles.x_shape[1:], tiles.image, tiles.row, *tiles.pad, depth,
    )  # fmt: skip
    macros = (("SIDE", tiles.side), ("ROWS", rows))
    launch = (DATA_GRADIENT, "winograd_data_gradient", items, (0, 4, 3, 5), numbers, macros)
    return Plan((weights, launch), (weight_bytes, 4 * items * scratch))


def _images(tiles: int, images: int, rows: int, *, most: int) -> int:
    """Return how many images to take together, up to BLOCK_TILES tiles, so that few rows are computed in vain."""
    choices = range(1, max(1, min(most, BLOCK_TILES // tiles)) + 1)
    return min(choices, key=lambda size: (round_up(size * tiles, rows) * -(-images // size), -size))


@lru_cache(maxsize=4096)
def plan_weight_gradient(tuning: Tuning, tiles: Tiles, *, biased: int) -> Plan:
    """Return how dw and db are made of x and dy, the buffers 0 to 3 being x, dy, dw, db."""
    vector, channels, outputs = tuning.vector, tiles.x_shape[3], tiles.y_shape[3]
    rows, width, block = ROWS[vector], 2 * vector, BLOCK[vector]
    blocks, panels, groups = -(-channels // block), -(-outputs // width), -(-channels // rows)
    most = max(LEAST_GRADIENT_TILES, INPUT_BYTES // (4 * tiles.points * (blocks * block + panels * width)))
    size = _pass(tiles.count, most, GROUP)
    macros = (("SIDE", tiles.side), ("ROWS", rows), ("BLOCK", block))
    launches = [
        launch
        for first in range(0, tiles.count, size)
        for launch in _add_tiles(tuning, tiles, first, size, biased, macros)
    ]
    numbers: Numbers = (panels, channels, outputs)
    launches.append((WEIGHT_GRADIENT, "winograd_gradient_weights", groups * panels, (6, 2), numbers, macros))
    chunks = -(-tiles.count // GROUP)
    if biased:
        length = tuning.run_length(outputs)
        numbers = (chunks, outputs, outputs, length)
        launches.append((REDUCE, "reduce_chunks", -(-outputs // length), (7, 3, 3), numbers, ()))
    return Plan(
        tuple(launches),
        (
            4 * tiles.points * (blocks * size * block + GAP), 4 * tiles.points * (panels * size * width + GAP),
            4 * tiles.points * groups * panels * rows * width, 4 * biased * chunks * outputs,
        ),
    )  # fmt: skip


def _add_tiles(
    tuning: Tuning, tiles: Tiles, first: int, size: int, biased: int, macros: Macros
) -> tuple[Launch, Launch, Launch]:
    """Return the launches that add the products of tiles ``first`` to ``first + size`` - 1 to the sums."""
    channels, outputs, shape = tiles.x_shape[3], tiles.y_shape[3], (tiles.image, tiles.row)
    blocks, panels = -(-channels // BLOCK[tuning.vector]), -(-outputs // (2 * tuning.vector))
    count = min(size, tiles.count - first)
    groups = -(-count // GROUP)
    part = max(1, CHANNEL_PART // BLOCK[tuning.vector])
    parts = -(-blocks // part)
    numbers: Numbers = (parts, part, blocks, first, count, size, *tiles.x_shape[1:], *shape, *tiles.pad)
    inputs = (WEIGHT_GRADIENT, "winograd_gradient_inputs", groups * parts, (0, 4), numbers, macros)
    part = CHANNEL_PART // (2 * tuning.vector)
    parts = -(-panels // part)
    numbers = (parts, part, panels, first, count, size, biased, *tiles.y_shape[1:], *shape)
    outputs_launch = (WEIGHT_GRADIENT, "winograd_gradient_outputs", groups * parts, (1, 5, 7), numbers, macros)
    part = max(1, blocks // 4)
    parts = -(-blocks // part)
    longest = _pass(size, LONGEST_GRADIENT_PASS, 1)
    numbers = (parts, part, blocks, panels, count, size, longest, int(first == 0), channels, outputs)
    products = (WEIGHT_GRADIENT, "winograd_gradient_products", tiles.points * parts, (4, 5, 6), numbers, macros)
    return inputs, outputs_launch, products


def _pass(length: int, longest: int, step: int) -> int:
    """Return the length of equal parts of at most about ``longest``, a multiple of ``step``."""
    return round_up(-(-length // -(-length // longest)), step)


def _units(tuning: Tuning) -> int:
    return max(1, tuning.items // 8)
