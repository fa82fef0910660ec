"""IEEE half precision as two bytes an element on device arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "float16.cl"


def encode(backend: OpenCLBackend, x: NDArray) -> NDArray:
    """Return the halves of ``x`` (P,) float32 as bytes, uint8 (2 P,)."""
    check_float32("encode_float16", x)
    if x.ndim != 1:
        raise ShapeError(f"encode_float16: expected a vector, got shape {x.shape}; reshape it to one axis")
    halves = backend.empty((2 * x.size,), np.uint8)
    length = backend.queue.tuning.run_length(x.size)
    backend.queue.launch(FILE, "encode_float16", -(-x.size // length), (x.data, halves.data), (x.size, length))
    return halves


def decode(backend: OpenCLBackend, halves: NDArray) -> NDArray:
    """Return the float32 vector (P,) of finite halves, uint8 (2 P,)."""
    if halves.dtype != np.uint8:
        raise DTypeError(f"decode_float16: expected bytes of uint8, got {halves.dtype}")
    if halves.ndim != 1 or halves.size % 2:
        raise ShapeError(f"decode_float16: expected two bytes an element in a vector, got shape {halves.shape}")
    x = backend.empty((halves.size // 2,))
    length = backend.queue.tuning.run_length(x.size)
    backend.queue.launch(FILE, "decode_float16", -(-x.size // length), (halves.data, x.data), (x.size, length))
    return x
