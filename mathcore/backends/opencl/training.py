"""The arithmetic of gradient sums and optimizers on device arrays: the same bits as NumPy."""

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


def momentum_update(
    backend: OpenCLBackend, w: NDArray, v: NDArray, g: NDArray,
    *, learning_rate: float, momentum: float, weight_decay: float,
) -> None:  # fmt: skip
    """Update parameters ``w`` and velocity ``v`` in place from the gradient ``g``; see ``training.cl``."""
    _check("momentum_update", w, v, g)
    length = backend.queue.tuning.run_length(w.size)
    numbers = (w.size, length, _round(learning_rate), _round(momentum), _round(weight_decay))
    backend.queue.launch(FILE, "momentum_update", -(-w.size // length), (w.data, v.data, g.data), numbers)


def _round(number: float) -> float:
    """Return the nearest float32, as a float whatever was given."""
    return float(np.float32(number))


def _check(operation: str, *arrays: NDArray) -> None:
    check_float32(operation, *arrays)
    if len({x.shape for x in arrays}) > 1:
        raise ShapeError(f"{operation}: expected arrays of one shape, got {' and '.join(str(x.shape) for x in arrays)}")
