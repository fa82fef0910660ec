"""Encoding and decoding of the dynamic tree of ``mathcore/codecs/dynamic_tree.py`` on device arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.numpy.dynamic8 import CELLS, CODE_OF_INDEX, LEGACY_CELLS
from mathcore.backends.opencl.arrays import check_float32
from mathcore.codecs.dynamic_tree import BLOCK, MINIMUM_SCALE, VALUES
from mathcore.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "dynamic8.cl"


class Tables:
    """The constant tables of the codec, in the memory of one device."""

    def __init__(self, backend: OpenCLBackend) -> None:
        self.encode = tuple(backend.asarray(table).data for table in (*CELLS, CODE_OF_INDEX))
        self.encode_legacy = tuple(backend.asarray(table).data for table in (*LEGACY_CELLS, CODE_OF_INDEX))
        self.values = backend.asarray(VALUES).data


def encode(backend: OpenCLBackend, x: NDArray) -> tuple[NDArray, NDArray]:
    """Return codes (P,) uint8 and scales (ceil(P / 256),) float32; a block with NaN or infinity has the scale NaN."""
    _check_vector("encode_dynamic8", x)
    codes = backend.empty(x.shape, np.uint8)
    scales = backend.empty((-(-x.size // BLOCK),))
    items, numbers = _cut(backend, x.size)
    buffers = (x.data, codes.data, scales.data, *backend.dynamic8_tables.encode)
    backend.queue.launch(FILE, "encode_dynamic8", items, buffers, (*numbers, float(MINIMUM_SCALE)))
    return codes, scales


def encode_legacy(backend: OpenCLBackend, x: NDArray) -> tuple[NDArray, NDArray]:
    """Return codes (P,) uint8 by the published thresholds, and the scale (1,) float32; NaN if ``x`` is not finite.

    Waits for the device: the host looks for the largest of what its work-items find.
    """
    _check_vector("encode_dynamic8_legacy", x)
    items, numbers = _cut(backend, x.size)
    largest = backend.empty((items,))
    backend.queue.launch(FILE, "largest_magnitudes", items, (x.data, largest.data), numbers)
    scale = np.max(largest.numpy(), initial=0, keepdims=True).astype(np.float32)
    scale[scale < MINIMUM_SCALE] = 0
    codes, scales = backend.empty(x.shape, np.uint8), backend.asarray(scale)
    buffers = (x.data, codes.data, scales.data, *backend.dynamic8_tables.encode_legacy)
    backend.queue.launch(FILE, "encode_dynamic8_legacy", items, buffers, numbers)
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


def _check_vector(operation: str, x: NDArray) -> None:
    check_float32(operation, x)
    if x.ndim != 1:
        raise ShapeError(f"{operation}: expected a vector, got shape {x.shape}; reshape it to one axis")


def _cut(backend: OpenCLBackend, size: int) -> tuple[int, tuple[int, int, int]]:
    """Return the number of work-items and what each takes: blocks in all, elements in all, blocks of one."""
    blocks = -(-size // BLOCK)
    length = max(1, backend.queue.tuning.run_length(size) // BLOCK)
    return -(-blocks // length), (blocks, size, length)
