"""Encoding and decoding of the dynamic tree of ``mathcore/codecs/dynamic_tree.py`` on device arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.numpy.dynamic8 import CELL_INDEX, CELL_THRESHOLD, CODE_OF_INDEX
from mathcore.backends.opencl.arrays import check_float32
from mathcore.codecs.dynamic_tree import BLOCK, MINIMUM_SCALE, VALUES
from mathcore.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "dynamic8.cl"


class Tables:
    """The constant tables of the codec, in the memory of one device."""

    def __init__(self, backend: OpenCLBackend) -> None:
        self.encode = tuple(backend.asarray(table).data for table in (CELL_INDEX, CELL_THRESHOLD, CODE_OF_INDEX))
        self.values = backend.asarray(VALUES).data


def encode(backend: OpenCLBackend, x: NDArray) -> tuple[NDArray, NDArray]:
    """Return codes (P,) uint8 and scales (ceil(P / 256),) float32; a block with NaN or infinity has the scale NaN."""
    check_float32("encode_dynamic8", x)
    if x.ndim != 1:
        raise ShapeError(f"encode_dynamic8: expected a vector, got shape {x.shape}; reshape it to one axis")
    codes = backend.empty(x.shape, np.uint8)
    scales = backend.empty((-(-x.size // BLOCK),))
    items, numbers = _cut(backend, x.size)
    buffers = (x.data, codes.data, scales.data, *backend.dynamic8_tables.encode)
    backend.queue.launch(FILE, "encode_dynamic8", items, buffers, (*numbers, float(MINIMUM_SCALE)))
    return codes, scales


def decode(backend: OpenCLBackend, codes: NDArray, scales: NDArray) -> NDArray:
    """Return the float32 vector (P,) of ``codes`` (P,) uint8 and block ``scales`` (ceil(P / 256),) float32."""
    check_float32("decode_dynamic8", scales)
    if codes.dtype != np.uint8:
        raise DTypeError(f"decode_dynamic8: expected codes of uint8, got {codes.dtype}")
    if codes.ndim != 1 or scales.shape != (-(-codes.size // BLOCK),):
        raise ShapeError(
            f"decode_dynamic8: expected codes (P,) and a scale for every {BLOCK}, got {codes.shape} and {scales.shape}"
        )
    x = backend.empty(codes.shape)
    items, numbers = _cut(backend, codes.size)
    buffers = (codes.data, scales.data, x.data, backend.dynamic8_tables.values)
    backend.queue.launch(FILE, "decode_dynamic8", items, buffers, numbers)
    return x


def _cut(backend: OpenCLBackend, size: int) -> tuple[int, tuple[int, int, int]]:
    """Return the number of work-items and what each takes: blocks in all, elements in all, blocks of one."""
    blocks = -(-size // BLOCK)
    length = max(1, backend.queue.tuning.run_length(size) // BLOCK)
    return -(-blocks // length), (blocks, size, length)
