"""Dropout on device arrays; the mask comes from the key on the device, whenever it is needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.numpy.dropout import threshold
from mathcore.backends.opencl.arrays import check_float32, check_key
from mathcore.backends.opencl.random import as_int32
from mathcore.random.layer_stream import GROUP

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "dropout.cl"


def dropout(backend: OpenCLBackend, x: NDArray, key: NDArray, *, ratio: float, stream: int) -> NDArray:
    """Return ``x`` (N, ...) with elements of each example set to 0 with probability ``ratio``, others / (1 - ratio)."""
    check_float32("dropout", x)
    check_key("dropout", key)
    y = backend.empty(x.shape)
    size = math.prod(x.shape[1:])
    of_example = -(-size // GROUP)
    groups = x.shape[0] * of_example
    length = max(1, backend.queue.tuning.run_length(groups * GROUP) // GROUP)
    numbers = (size, groups, of_example, length, as_int32(stream), as_int32(threshold(ratio)), 1 / (1 - ratio))
    backend.queue.launch(FILE, "dropout", -(-groups // length), (x.data, key.data, y.data), numbers)
    return y
