"""Random numbers made on the device, with the bits that ``mathcore/random/philox.py`` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.shapes import Shape
from mathcore.random.philox import check_range, key_words

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays

FILE = "random.cl"
ROW = 4


def uniform(backend: OpenCLArrays, seed: int, stream: Shape, shape: Shape) -> NDArray:
    """Return float32 numbers of [0, 1)."""
    return _draw(backend, "draw_uniform", backend.empty(shape), key_words(seed, stream))


def normal(backend: OpenCLArrays, seed: int, stream: Shape, shape: Shape) -> NDArray:
    """Return float32 numbers, normally distributed with mean 0 and standard deviation 1."""
    return _draw(backend, "draw_normal", backend.empty(shape), key_words(seed, stream))


def integers(backend: OpenCLArrays, seed: int, stream: Shape, shape: Shape, *, low: int, high: int) -> NDArray:
    """Return int32 numbers of ``low`` to ``high`` - 1."""
    check_range(low, high)
    numbers = (*key_words(seed, stream), low, high - low)
    return _draw(backend, "draw_integers", backend.empty(shape, np.int32), numbers)


def _draw(backend: OpenCLArrays, name: str, y: NDArray, numbers: tuple[int, ...]) -> NDArray:
    """Fill ``y``; every work-item takes some rows of four numbers."""
    rows, tuning = -(-y.size // ROW), backend.queue.tuning
    length = tuning.vector if tuning.local > 1 else tuning.run_length(rows)
    plan = (y.size // ROW, y.size % ROW, length, *map(as_int32, numbers))
    backend.queue.launch_packed(FILE, name, -(-rows // length), (y.data,), (plan,))
    return y


def as_int32(number: int) -> int:
    """Return the int32 of the same lower 32 bits."""
    return (number + 2**31) % 2**32 - 2**31
