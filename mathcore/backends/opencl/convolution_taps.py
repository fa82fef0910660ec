"""Where the taps of a convolution read: one description for convolutions and for their data gradients.

A grid of pixels (N, GH, GW) is computed from TH x TW taps, each a run of channels of another pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from mathcore.backends.geometry import Geometry
from mathcore.backends.shapes import Pair


@dataclass(frozen=True)
class Taps:
    """What is read for a grid of pixels, and where the results go; pairs are (height, width).

    Attributes:
        pixels: N GH GW.
        shape: (GH, GW).
        source: (H, W, C) of the images that are read.
        inputs: channels of a group of them.
        first, step, dilation: tap (a, b) of pixel (i, j) reads at first + (i, j) step + (a, b) dilation.
        grid: (TH, TW).
        run: elements that a tap reads.
        target: (height, width) of the images that are written.
        at, out: pixel (i, j) is written at at + (i, j) out.
        groups: groups of channels.
        outputs: channels of a group of the results.
        kernel: KW, then for rows and columns the tap of the kernel that tap 0 is, and that from one to the next.
    """

    pixels: int
    shape: Pair
    source: tuple[int, int, int]
    inputs: int
    first: Pair
    step: Pair
    dilation: Pair
    grid: Pair
    run: int
    target: Pair
    at: Pair
    out: Pair
    groups: int
    outputs: int
    kernel: tuple[int, int, int, int, int]

    @property
    def count(self) -> int:
        """How many taps there are."""
        return self.grid[0] * self.grid[1]


@lru_cache(maxsize=4096)
def window_taps(shape: Geometry) -> Taps:
    """Return the taps of a convolution."""
    count, height, width, _ = shape.y_shape
    return Taps(
        pixels=count * height * width, shape=(height, width), source=_image(shape.x_shape[1:]), inputs=shape.inputs,
        first=(-shape.pad[0], -shape.pad[1]), step=shape.stride, dilation=shape.dilation, grid=shape.ksize,
        run=shape.inputs, target=(height, width), at=(0, 0), out=(1, 1), groups=shape.groups, outputs=shape.outputs,
        kernel=(shape.ksize[1], 0, 1, 0, 1),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def gradient_taps(shape: Geometry) -> tuple[Taps, ...]:
    """Return the taps of a data gradient: a grid for each place within a stride, whose pixels the same taps reach."""
    rows = _phases(shape, 0)
    columns = _phases(shape, 1)
    return tuple(
        Taps(
            pixels=shape.x_shape[0] * row.size * column.size, shape=(row.size, column.size),
            source=_image(shape.y_shape[1:]), inputs=shape.outputs, first=(row.first, column.first), step=(1, 1),
            dilation=(row.dilation, column.dilation), grid=(row.taps, column.taps), run=shape.outputs,
            target=(shape.x_shape[1], shape.x_shape[2]), at=(row.place, column.place), out=shape.stride,
            groups=shape.groups, outputs=shape.inputs,
            kernel=(shape.ksize[1], row.tap, row.tap_step, column.tap, column.tap_step),
        )
        for row, column in product(rows, columns)
    )  # fmt: skip


@dataclass(frozen=True)
class _Phase:
    """Along one axis, the pixels place, place + stride, ... and the taps tap, tap + tap_step, ... that reach them."""

    place: int
    size: int
    tap: int
    tap_step: int
    taps: int
    first: int
    dilation: int


def _phases(shape: Geometry, axis: int) -> list[_Phase]:
    size, ksize = shape.x_shape[1 + axis], shape.w_shape[axis]
    stride, pad, dilation = shape.stride[axis], shape.pad[axis], shape.dilation[axis]
    step = stride // math.gcd(stride, dilation)
    phases = []
    for place in range(min(stride, size)):
        # Output row j reads pixel j stride - pad + tap dilation.
        reaching = [tap for tap in range(ksize) if (place + pad - tap * dilation) % stride == 0]
        tap = reaching[0] if reaching else 0
        first = (place + pad - tap * dilation) // stride
        count = -(-(size - place) // stride)
        phases.append(_Phase(place, count, tap, step, len(reaching), first, -step * dilation // stride))
    return phases


def _image(shape: tuple[int, ...]) -> tuple[int, int, int]:
    height, width, channels = shape
    return height, width, channels
