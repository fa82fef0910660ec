"""Convolutions of every shape on every device, tap after tap: slow, where no other kernel fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.backends.opencl.memory import Memory

if TYPE_CHECKING:
    from mathcore.backends.geometry import Geometry
    from mathcore.backends.opencl.queue import DeviceQueue

FILE = "convolution_general.cl"


def forward(
    queue: DeviceQueue, x: Memory, w: Memory, b: Memory | None, y: Memory, *, shape: Geometry, activation: str
) -> None:
    """Set ``y`` to the activation of the convolution of ``x`` with ``w``, plus ``b``."""
    pixels = shape.y_shape[0] * shape.y_shape[1] * shape.y_shape[2]
    numbers = (*_numbers(shape), int(b is not None), int(activation == "relu"))
    queue.launch(FILE, "convolution_general", pixels * _vectors(queue, shape), (x, w, b or w, y), numbers)


def data_gradient(queue: DeviceQueue, dy: Memory, w: Memory, dx: Memory, *, shape: Geometry) -> None:
    """Set ``dx``."""
    items = shape.x_shape[0] * shape.x_shape[1] * shape.x_shape[2] * shape.x_shape[3]
    queue.launch(FILE, "convolution_general_data_gradient", items, (dy, w, dx), _numbers(shape))


def weight_gradient(
    queue: DeviceQueue, x: Memory, dy: Memory, dw: Memory, db: Memory | None, *, shape: Geometry
) -> None:
    """Set ``dw`` and ``db``."""
    rows = shape.ksize[0] * shape.ksize[1] * shape.inputs
    numbers = (*_numbers(shape), int(db is not None))
    buffers = (x, dy, dw, db or dw)
    queue.launch(FILE, "convolution_general_weight_gradient", rows * _vectors(queue, shape), buffers, numbers)


def _vectors(queue: DeviceQueue, shape: Geometry) -> int:
    return shape.groups * -(-shape.outputs // queue.tuning.vector)


def _numbers(shape: Geometry) -> tuple[int, ...]:
    return (
        *shape.x_shape[:3], shape.groups, shape.inputs, *shape.y_shape[1:3], shape.outputs, *shape.ksize,
        *shape.stride, *shape.pad, *shape.dilation,
    )  # fmt: skip
