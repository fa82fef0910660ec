"""Normalization of channels on device arrays: x (..., C), read as M rows; all else (C,).

Sums are cut into chunks of rows by the shape and the kind of device alone, so that their order does not depend on how
many compute units there are.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.backends.opencl.tuning import Tuning
from mathcore.backends.shapes import Shape
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "normalization.cl"
STATISTICS = "normalization_statistics.cl"

CHUNK_SIZE = 65536
"""Elements of a chunk of rows that are summed by one work-item of a CPU; a chunk has at most ``CHUNK_ROWS`` rows."""
CHUNK_ROWS = 512
GPU_CHUNK_ROWS = 64
SUM_BLOCK = 4
BLOCK = 1
"""Rows that a CPU takes side by side. Rows of a power of two lie in the same sets of the level-1 cache: few of them."""


class Cut(NamedTuple):
    """How an array is shared out: ``chunks`` of ``rows`` rows, each in ``parts`` of ``width`` columns.

    A work-item takes ``block`` rows of its part side by side.
    """

    items: int
    chunks: int
    parts: int
    rows: int
    width: int
    block: int


def batch_statistics(backend: OpenCLBackend, x: NDArray, *, eps: float) -> tuple[NDArray, NDArray, NDArray]:
    """Return mean, variance (divided by M) and 1 / sqrt(variance + eps) of the M values of each channel."""
    check_float32("batch_statistics", x)
    count, channels = _rows(x.shape)
    if count == 0:
        raise ShapeError(f"batch_statistics: expected at least one value a channel, got x of shape {x.shape}")
    mean, variance, inverse = (backend.empty((channels,)) for _ in range(3))
    queue = backend.queue
    cut = _cut_sums(queue.tuning, count, channels)
    partial = queue.pool.allocate(3 * cut.chunks * channels * 4)
    numbers = (count, channels, *cut[2:])
    queue.launch(STATISTICS, "channel_statistics", cut.items, (x.data, partial), numbers)
    queue.launch(
        STATISTICS, "combine_statistics", _vectors(backend, channels),
        (partial, mean.data, variance.data, inverse.data), (count, channels, cut.chunks, cut.rows, float(eps)),
    )  # fmt: skip
    return mean, variance, inverse


def inverse_deviation(backend: OpenCLBackend, variance: NDArray, *, eps: float) -> NDArray:
    """Return 1 / sqrt(variance + eps)."""
    check_float32("inverse_deviation", variance)
    inverse = backend.empty(variance.shape)
    buffers, numbers = (variance.data, inverse.data), (variance.size, float(eps))
    backend.queue.launch(STATISTICS, "inverse_deviation", _vectors(backend, variance.size), buffers, numbers)
    return inverse


def running_statistics(
    backend: OpenCLBackend, mean: NDArray, variance: NDArray, running_mean: NDArray, running_variance: NDArray,
    next_mean: NDArray, next_variance: NDArray, *, decay: float, count: int,
) -> None:  # fmt: skip
    """Write decay * running + (1 - decay) * observed; the variance observed is first times count / (count - 1)."""
    arrays = (mean, variance, running_mean, running_variance, next_mean, next_variance)
    check_float32("running_statistics", *arrays)
    _check_channels("running_statistics", mean.size, arrays)
    factor = count / (count - 1)
    numbers = (mean.size, float(decay), float(1 - decay), float((1 - decay) * factor))
    items = _vectors(backend, mean.size)
    backend.queue.launch(STATISTICS, "follow_statistics", items, tuple(a.data for a in arrays), numbers)


def normalize(
    backend: OpenCLBackend, x: NDArray, mean: NDArray, inverse: NDArray, gamma: NDArray, beta: NDArray,
    *, addend: NDArray | None, activation: str,
) -> NDArray:  # fmt: skip
    """Return activation((x - mean) * inverse * gamma + beta + addend)."""
    check_float32("normalize", x, mean, inverse, gamma, beta, addend)
    count, channels = _rows(x.shape)
    _check_channels("normalize", channels, (mean, inverse, gamma, beta))
    _check_alike("normalize", x, addend)
    y = backend.empty(x.shape)
    cut = _cut(backend.queue.tuning, count, channels)
    buffers = (x.data, mean.data, inverse.data, gamma.data, beta.data, (x if addend is None else addend).data, y.data)
    macros = (("RELU", int(activation == "relu")), ("ADDEND", int(addend is not None)))
    backend.queue.launch(FILE, "normalize", cut.items, buffers, (count, channels, *cut[2:]), macros)
    return y


def batch_normalization_gradient(
    backend: OpenCLBackend, dy: NDArray, x: NDArray, mean: NDArray, inverse: NDArray, gamma: NDArray, beta: NDArray,
    dgamma: NDArray, dbeta: NDArray, *, activated: NDArray | None, activation: str,
) -> tuple[NDArray, NDArray]:  # fmt: skip
    """Return the gradients of ``x`` and of the addend; write those of ``gamma`` and ``beta``."""
    check_float32("batch_normalization_gradient", dy, x, mean, inverse, gamma, beta, dgamma, dbeta, activated)
    count, channels = _rows(x.shape)
    _check_channels("batch_normalization_gradient", channels, (mean, inverse, gamma, beta, dgamma, dbeta))
    _check_alike("batch_normalization_gradient", x, dy)
    _check_alike("batch_normalization_gradient", x, activated)
    queue = backend.queue
    kept = (mean.data, inverse.data, gamma.data, beta.data)
    rectified = activation == "relu"
    dz = backend.empty(x.shape) if rectified and activated is not None else dy
    macros = (("RELU", int(rectified)), ("ACTIVATED", int(dz is not dy)))
    cut = _cut_sums(queue.tuning, count, channels)
    partial = queue.pool.allocate(2 * cut.chunks * channels * 4)
    known = x if activated is None else activated
    buffers = (dy.data, x.data, known.data, *kept, partial if dz is dy else dz.data, partial)
    queue.launch(FILE, "gradient_sums", cut.items, buffers, (count, channels, *cut[2:]), macros)
    sums = (dgamma.data, dbeta.data)
    queue.launch(FILE, "combine_sums", _vectors(backend, channels), (partial, *sums), (channels, cut.chunks))
    dx = backend.empty(x.shape)
    cut = _cut(queue.tuning, count, channels)
    targets = (dz.data, x.data, *kept, *sums, dx.data)
    queue.launch(FILE, "gradient", cut.items, targets, (count, channels, *cut[2:], 1 / max(count, 1)), macros)
    return dx, dz


@lru_cache(maxsize=4096)
def _cut_sums(tuning: Tuning, count: int, channels: int) -> Cut:
    """Share out rows that are summed: all columns of a chunk, or single vectors of it on a GPU."""
    rows = GPU_CHUNK_ROWS if tuning.local > 1 else max(8, min(CHUNK_ROWS, CHUNK_SIZE // max(channels, 1)))
    chunks = -(-count // rows)
    return _shared(tuning, count, channels, rows=-(-count // max(chunks, 1)), block=SUM_BLOCK)


@lru_cache(maxsize=4096)
def _cut(tuning: Tuning, count: int, channels: int) -> Cut:
    """Share out elements that are each computed on their own: whole rows, or single vectors on a GPU."""
    rows = -(-max(1, tuning.run_length(count * channels) // max(channels, 1)) // BLOCK) * BLOCK
    return _shared(tuning, count, channels, rows=1 if tuning.local > 1 else rows, block=BLOCK)


def _shared(tuning: Tuning, count: int, channels: int, *, rows: int, block: int) -> Cut:
    width = tuning.vector if tuning.local > 1 else max(channels, 1)
    parts, chunks = -(-channels // width), -(-count // max(rows, 1))
    return Cut(chunks * parts, chunks, parts, rows, width, rows if tuning.local > 1 else block)


def _rows(shape: Shape) -> tuple[int, int]:
    return math.prod(shape[:-1]), shape[-1]


def _vectors(backend: OpenCLBackend, channels: int) -> int:
    return -(-channels // backend.queue.tuning.vector)


def _check_channels(operation: str, channels: int, arrays: tuple[NDArray, ...]) -> None:
    for array in arrays:
        if array.shape != (channels,):
            raise ShapeError(f"{operation}: expected an array of shape ({channels},), one a channel, got {array.shape}")


def _check_alike(operation: str, x: NDArray, other: NDArray | None) -> None:
    if other is not None and other.shape != x.shape:
        raise ShapeError(f"{operation}: expected an array of the shape of x, {x.shape}, got {other.shape}")
