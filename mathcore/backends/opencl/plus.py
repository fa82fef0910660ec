"""The sum of device arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend


def plus(backend: OpenCLBackend, inputs: Sequence[NDArray], *, activation: str) -> NDArray:
    """Return activation(inputs[0] + inputs[1] + ...), from the first to the last, in a new array."""
    check_float32("plus", *inputs)
    first = inputs[0]
    for x in inputs:
        if x.shape != first.shape:
            raise ShapeError(f"plus: expected arrays of one shape, got {first.shape} and {x.shape}")
    y = backend.empty(first.shape)
    if len(inputs) == 1:
        backend.copy(first, y)
        return backend.relu(y) if activation == "relu" else y
    length = backend.queue.tuning.run_length(y.size)
    total = first
    for place, x in enumerate(inputs[1:], 2):
        macros = (("RELU", int(activation == "relu" and place == len(inputs))),)
        buffers = (total.data, x.data, y.data)
        backend.queue.launch("plus.cl", "plus", -(-y.size // length), buffers, (y.size, length), macros)
        total = y
    return y
