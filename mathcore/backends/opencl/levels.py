"""Stochastic rounding of ``mathcore/codecs/levels.py`` on device arrays, and the two ways of packing levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import INT32, check_float32
from mathcore.backends.opencl.random import as_int32
from mathcore.codecs.levels import BLOCK, GROUP, HIGHEST, INVERSES, PURPOSE, RECIPROCALS, SR4, TERNARY, block_count
from mathcore.codecs.ternary import TRITS
from mathcore.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.backends.base import CodingKey
    from mathcore.backends.opencl.backend import OpenCLBackend
    from mathcore.backends.opencl.memory import Memory

FILE = "levels.cl"


def upload_reciprocals(backend: OpenCLBackend) -> dict[int, Memory]:
    """Return the constant tables of scales by levels, in the memory of the device; they outlive scopes."""
    return {levels: backend.asarray(table.view(np.int32)).data for levels, table in RECIPROCALS.items()}


def encode_sr4(backend: OpenCLBackend, x: NDArray, key: CodingKey) -> tuple[NDArray, NDArray]:
    """Return bytes (ceil(P / 2),) uint8 and scales (ceil(P / 256),) int32; -1 for a block with NaN or infinity."""
    return _encode(backend, "sr4", x, key, levels=SR4, of_byte=2)


def encode_ternary(backend: OpenCLBackend, x: NDArray, key: CodingKey) -> tuple[NDArray, NDArray]:
    """Return bytes (ceil(P / 5),) uint8 and scales (ceil(P / 256),) int32; -1 for a block with NaN or infinity."""
    return _encode(backend, "ternary", x, key, levels=TERNARY, of_byte=TRITS)


def decode_sr4(backend: OpenCLBackend, packed: NDArray, scales: NDArray, *, count: int) -> NDArray:
    """Return the float32 vector (``count``,) of bytes (ceil(count / 2),) uint8 and scales int32."""
    return _decode(backend, "sr4", packed, scales, count=count, of_byte=2)


def decode_ternary(backend: OpenCLBackend, packed: NDArray, scales: NDArray, *, count: int) -> NDArray:
    """Return the float32 vector (``count``,) of bytes (ceil(count / 5),) uint8 and scales int32."""
    return _decode(backend, "ternary", packed, scales, count=count, of_byte=TRITS)


def _encode(
    backend: OpenCLBackend, codec: str, x: NDArray, key: CodingKey, *, levels: int, of_byte: int
) -> tuple[NDArray, NDArray]:
    check_float32(f"encode_{codec}", x)
    if x.ndim != 1:
        raise ShapeError(f"encode_{codec}: expected a vector, got shape {x.shape}; reshape it to one axis")
    rounded, scales = backend.empty(x.shape, np.uint8), backend.empty((block_count(x.size),), np.int32)
    groups = -(-x.size // (GROUP * BLOCK))
    length = max(1, backend.queue.tuning.run_length(x.size) // (GROUP * BLOCK))
    inverse = int(INVERSES[levels].view(np.int32))
    plan = (groups, x.size, length, *map(as_int32, key), PURPOSE, levels, inverse, HIGHEST[levels])
    buffers = (x.data, rounded.data, scales.data, backend.level_reciprocals[levels])
    backend.queue.launch_packed(FILE, "round_levels", -(-groups // length), buffers, (plan,))
    packed = backend.empty((-(-x.size // of_byte),), np.uint8)
    length = backend.queue.tuning.run_length(packed.size)
    numbers = (x.size, length)
    backend.queue.launch(FILE, f"pack_{codec}", -(-packed.size // length), (rounded.data, packed.data), numbers)
    return packed, scales


def _decode(
    backend: OpenCLBackend, codec: str, packed: NDArray, scales: NDArray, *, count: int, of_byte: int
) -> NDArray:
    if packed.dtype != np.uint8 or scales.dtype != INT32:
        raise DTypeError(
            f"decode_{codec}: expected bytes of uint8 and scales of int32, got {packed.dtype} and {scales.dtype}"
        )
    if packed.shape != (-(-count // of_byte),) or scales.shape != (block_count(count),):
        raise ShapeError(
            f"decode_{codec}: expected {-(-count // of_byte)} bytes and {block_count(count)} scales for {count} "
            f"elements, got {packed.shape} and {scales.shape}"
        )
    x = backend.empty((count,))
    length = backend.queue.tuning.run_length(packed.size)
    buffers = (packed.data, scales.data, x.data)
    backend.queue.launch(FILE, f"decode_{codec}", -(-packed.size // length), buffers, (count, length))
    return x
