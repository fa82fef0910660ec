"""Winograd convolutions with stride 1 of 3 x 3 and 5 x 5, for CPUs: x (N, H, W, C), w (K, K, C, O), y (N, OH, OW, O).

36 products a tile stand for 144 of a 3 x 3 filter, 64 for 400 of a 5 x 5 one. Errors are larger than those of a plain
sum: 3 x 3 up to 3e-6 of the largest value, 5 x 5 up to 1e-5, where those are 4e-7 (measured, 512 channels).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.backends.geometry import Geometry
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.winograd_tiles import (
    Plan,
    Tiles,
    plan_data_gradient,
    plan_forward,
    plan_weight_gradient,
)

if TYPE_CHECKING:
    from mathcore.backends.opencl.queue import DeviceQueue


LEAST_CHANNELS = 8
"""Of x and of y. Against a direct convolution: 3 x 3, 8 to 8 channels 1.9 times as fast, 3 to 64 0.6; 5 x 5, 8 to 8
1.3, 6 to 16 0.8."""
LEAST_RATIO = 2
"""Products of a direct convolution for each of ours: 4 at best for 3 x 3, 6.25 for 5 x 5, which gain 1.6 where
this is 2.4 and lose where it is 1.6."""
LEAST_TILES = 16
"""With fewer, transforming weights takes longest: at 512 to 512 channels 1.2 with 16 tiles, 0.9 with 8, 0.4 with 4."""


MOST_SPREAD = 48
"""Tiles of an image of dy that are spread over dx together. In LeNet that takes half the time of tiles of dx."""


def suits(kind: str, shape: Geometry, operation: str) -> bool:
    """Return whether this is the fastest way to do ``operation``, a function of this file, on that kind of device."""
    side, channels, outputs = shape.w_shape[0], shape.x_shape[3], shape.y_shape[3]
    if kind != "cpu" or shape.ksize not in ((3, 3), (5, 5)):
        return False
    if shape.stride != (1, 1) or shape.dilation != (1, 1) or shape.groups != 1 or max(shape.pad) >= side:
        return False
    turned = operation == "data_gradient" and not _spreads(shape)
    tiles = _turned(shape) if turned else _tiles(shape)
    pixels = shape.y_shape[0] * shape.y_shape[1] * shape.y_shape[2]
    enough = tiles.count >= LEAST_TILES and min(channels, outputs) >= LEAST_CHANNELS
    return enough and pixels * side * side >= LEAST_RATIO * tiles.points * tiles.count


def forward(
    queue: DeviceQueue, x: Memory, w: Memory, b: Memory | None, y: Memory, *, shape: Geometry, activation: str
) -> None:
    """Set ``y`` to the activation ("identity" or "relu") of the convolution of ``x`` with ``w``, plus ``b``."""
    rectified = int(activation == "relu")
    plan = plan_forward(queue.tuning, _tiles(shape), flip=0, biased=int(b is not None), rectified=rectified)
    _launch(queue, plan, (x, w, b or w, y))


def data_gradient(queue: DeviceQueue, dy: Memory, w: Memory, dx: Memory, *, shape: Geometry) -> None:
    """Set ``dx``: the convolution of ``dy`` with the weights turned by 180 degrees, inputs and outputs exchanged.

    Where that has many more tiles than ``dy``, each tile of ``dy`` is spread over ``dx`` instead.
    """
    if _spreads(shape):
        plan = plan_data_gradient(queue.tuning, _tiles(shape))
    else:
        plan = plan_forward(queue.tuning, _turned(shape), flip=1, biased=0, rectified=0)
    _launch(queue, plan, (dy, w, w, dx))


def weight_gradient(
    queue: DeviceQueue, x: Memory, dy: Memory, dw: Memory, db: Memory | None, *, shape: Geometry
) -> None:
    """Set ``dw`` and ``db``."""
    plan = plan_weight_gradient(queue.tuning, _tiles(shape), biased=int(db is not None))
    _launch(queue, plan, (x, dy, dw, db or dw))


def _tiles(shape: Geometry) -> Tiles:
    return Tiles(shape.x_shape, shape.y_shape, shape.w_shape[0], shape.pad)


def _turned(shape: Geometry) -> Tiles:
    """Return the tiles of the convolution that gives dx."""
    side, (height, width) = shape.w_shape[0], shape.pad
    return Tiles(shape.y_shape, shape.x_shape, side, (side - 1 - height, side - 1 - width))


def _spreads(shape: Geometry) -> bool:
    tiles = _tiles(shape)
    return tiles.image <= MOST_SPREAD and 2 * _turned(shape).image > 3 * tiles.image


def _launch(queue: DeviceQueue, plan: Plan, buffers: tuple[Memory, ...]) -> None:
    """Run a plan; its scratch buffers have the places after ``buffers``."""
    buffers += tuple([queue.pool.allocate(size) for size in plan.scratch])
    for file, name, items, places, numbers, macros in plan.launches:
        queue.launch(file, name, items, tuple([buffers[place] for place in places]), numbers, macros)
