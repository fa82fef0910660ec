"""The arithmetic of gradient sums on device arrays: the same bits as NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "training.cl"


def accumulate(backend: OpenCLBackend, total: NDArray, x: NDArray, weight: float) -> None:
    """Set total = total + float32(weight) * x in place."""
    _check("accumulate", total, x)
    length = backend.queue.tuning.run_length(total.size)
    backend.queue.launch(
        FILE, "accumulate", -(-total.size // length), (total.data, x.data), (total.size, length, _round(weight))
    )


def _round(number: float) -> float:
    """Return the nearest float32, as a float whatever was given."""
    return float(np.float32(number))


def _check(operation: str, *arrays: NDArray) -> None:
    check_float32(operation, *arrays)
    if len({x.shape for x in arrays}) > 1:
        raise ShapeError(f"{operation}: expected arrays of one shape, got {' and '.join(str(x.shape) for x in arrays)}")
