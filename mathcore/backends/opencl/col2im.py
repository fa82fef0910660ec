"""Windows added back into the images they were taken from, on device arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import C_TYPES
from mathcore.backends.shapes import Pair

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays

FILE = "col2im.cl"
LEAST_PIXELS = 64
"""Pixels below which another work-item of a CPU costs more than it saves."""


def col2im(
    backend: OpenCLArrays, columns: NDArray, *, size: Pair, stride: Pair, pad: Pair, dilation: Pair
) -> NDArray:
    """Return the images (N, *size, C) of windows (N, OH, OW, KH, KW, C); where windows overlap they add up."""
    N, OH, OW, KH, KW, C = columns.shape
    x = backend.empty((N, *size, C), columns.dtype)
    if not x.size:
        return x
    pixels, tuning = N * size[0] * size[1], backend.queue.tuning
    each = 1 if tuning.local > 1 else max(LEAST_PIXELS, -(-pixels // tuning.items))
    numbers = (pixels, each, *size, C, OH, OW, KH, KW, *stride, *pad, *dilation)
    macros = (("T", C_TYPES[columns.dtype]),)
    backend.queue.launch_packed(FILE, "col2im", -(-pixels // each), (columns.data, x.data), (numbers,), macros)
    return x
