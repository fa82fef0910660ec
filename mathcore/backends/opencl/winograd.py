"""Winograd convolutions with stride 1 of 3 x 3 and 5 x 5, for CPUs: x (N, H, W, C), w (K, K, C, O), y (N, OH, OW, O).

36 products a tile stand for 144 of a 3 x 3 filter, for 100 of a 5 x 5 one. The transforms cost rounding errors of a few
units more than a plain sum: see the kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.backends.geometry import Geometry
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.winograd_tiles import POINTS, Plan, Tiles, plan_forward, plan_weight_gradient

if TYPE_CHECKING:
    from mathcore.backends.opencl.queue import DeviceQueue


LEAST_CHANNELS = {3: 8, 5: 16}
"""Of x and of y, by side of the filter. Against a direct convolution: 3 x 3, 8 to 8 channels 1.9 times as fast, 3 to 64
0.6; 5 x 5, 20 to 50 1.3, 8 to 16 0.9."""
LEAST_RATIO = 2
"""Products of a direct convolution for each of ours. The data gradient of 5 x 5 from 8 x 8 pixels has 1.2: 0.7 of the
speed."""
LEAST_TILES = 16
"""With fewer, transforming weights takes longest: at 512 to 512 channels 1.2 with 16 tiles, 0.9 with 8, 0.4 with 4."""


def suits(kind: str, shape: Geometry, operation: str) -> bool:
    """Return whether this is the fastest way to do ``operation``, a function of this file, on that kind of device."""
    side, channels, outputs = shape.w_shape[0], shape.x_shape[3], shape.y_shape[3]
    if kind != "cpu" or shape.ksize not in ((3, 3), (5, 5)):
        return False
    if shape.stride != (1, 1) or shape.dilation != (1, 1) or shape.groups != 1 or max(shape.pad) >= side:
        return False
    tiles = _turned(shape) if operation == "data_gradient" else _tiles(shape)
    pixels = shape.y_shape[0] * shape.y_shape[1] * shape.y_shape[2]
    enough = tiles.count >= LEAST_TILES and min(channels, outputs) >= LEAST_CHANNELS[side]
    return enough and pixels * side * side >= LEAST_RATIO * POINTS * tiles.count


def forward(
    queue: DeviceQueue, x: Memory, w: Memory, b: Memory | None, y: Memory, *, shape: Geometry, activation: str
) -> None:
    """Set ``y`` to the activation ("identity" or "relu") of the convolution of ``x`` with ``w``, plus ``b``."""
    rectified = int(activation == "relu")
    plan = plan_forward(queue.tuning, _tiles(shape), flip=0, biased=int(b is not None), rectified=rectified)
    _launch(queue, plan, (x, w, b or w, y))


def data_gradient(queue: DeviceQueue, dy: Memory, w: Memory, dx: Memory, *, shape: Geometry) -> None:
    """Set ``dx``: the convolution of ``dy`` with the weights turned by 180 degrees, inputs and outputs exchanged."""
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


def _launch(queue: DeviceQueue, plan: Plan, buffers: tuple[Memory, ...]) -> None:
    """Run a plan; its scratch buffers have the places after ``buffers``."""
    buffers += tuple([queue.pool.allocate(size) for size in plan.scratch])
    for file, name, items, places, numbers, macros in plan.launches:
        queue.launch(file, name, items, tuple([buffers[place] for place in places]), numbers, macros)
