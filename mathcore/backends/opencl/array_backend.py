"""The arrays of the OpenCL backend: one device, its queue, and what can be done with arrays in its memory.

Every operation is a plain function in a file of this folder, named as its kernels in ``kernels/`` are; this class only
names them as the backend protocol does. Enqueued work runs in order; ``to_numpy`` and ``synchronize`` wait. One thread
at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.backends.array_backend import MemoryInfo
from mathcore.backends.opencl import (
    arrays,
    col2im,
    elementwise,
    gathering,
    matmul,
    places,
    random,
    recording,
    reduction,
    sorting,
    source,
)
from mathcore.backends.opencl.fetching import DeviceFetch
from mathcore.backends.opencl.queue import DeviceQueue
from mathcore.backends.operations import Chain
from mathcore.backends.recording import Recording
from mathcore.backends.shapes import Pair, Shape, check_size

DIGEST_LENGTH = 12
T = TypeVar("T")


class OpenCLArrays:
    """Arrays and arithmetic on one OpenCL device.

    Args:
        device: index or case-insensitive part of the device's name; default: the best device.
        share: ``(i, n)`` takes the i-th of n equal parts of a CPU; a GPU is used whole.
        cache_dir: folder for compiled programs; None compiles them in every process.

    Raises:
        DeviceError: if no such device can be used.
    """

    name = "opencl"

    def __init__(
        self, *, device: str | None = None, share: tuple[int, int] | None = None, cache_dir: Path | None = None
    ) -> None:
        self.queue = DeviceQueue(device=device, share=share, cache_dir=cache_dir)
        self.device = str(self.queue.device.name).strip()
        self.equivalence_class = _equivalence_class(self.queue)

    # Memory

    def asarray(self, values: Any, dtype: DTypeLike | None = None) -> NDArray:
        return arrays.asarray(self, values, dtype)

    def to_numpy(self, x: NDArray) -> np.ndarray:
        return arrays.to_numpy(self, x)

    def fetch(self, x: NDArray) -> DeviceFetch:
        fetched = DeviceFetch(x.shape, x.dtype)
        self.queue.fetch(x.data, fetched)
        return fetched

    def empty(self, shape: Shape, dtype: DTypeLike = np.float32) -> NDArray:
        return arrays.empty(self, shape, dtype)

    def zeros(self, shape: Shape, dtype: DTypeLike = np.float32) -> NDArray:
        return arrays.zeros(self, shape, dtype)

    def clear(self, *destinations: NDArray | None) -> None:
        """Overwrite the arrays that are given with zeros."""
        for x in destinations:
            if x is not None:
                self.queue.fill(x.data, np.zeros(1, x.dtype), x.size * x.dtype.itemsize)

    def view(self, x: NDArray, offset: int, shape: Shape) -> NDArray:
        return arrays.view(self, x, offset, shape)

    def reshape(self, x: NDArray, shape: Shape) -> NDArray:
        check_size(x.shape, shape)
        return NDArray(self, x.data, tuple(shape), x.dtype)

    def share_memory(self, a: NDArray, b: NDArray) -> bool:
        return (a.data.whole or a.data) is (b.data.whole or b.data)

    def copy(self, source: NDArray, destination: NDArray) -> None:
        arrays.copy(self, source, destination)

    def write(self, destination: NDArray, values: np.ndarray) -> None:
        arrays.write(self, destination, values)

    def memory_info(self) -> MemoryInfo:
        return self.queue.pool.info()

    def release_pool(self) -> None:
        self.queue.pool.release()

    def synchronize(self) -> None:
        self.queue.finish()

    def record(self, function: Callable[[], T]) -> Recording[T]:
        return recording.record(self, function)

    # Arrays

    def cast(self, x: NDArray, dtype: DTypeLike) -> NDArray:
        return elementwise.cast(self, x, dtype)

    def elementwise(self, operation: str, *operands: NDArray) -> NDArray:
        return elementwise.elementwise(self, operation, operands)

    def chain(self, steps: Chain, *operands: NDArray) -> NDArray:
        return elementwise.chain(self, steps, operands)

    def matmul(self, a: NDArray, b: NDArray, *, transpose_a: bool = False, transpose_b: bool = False) -> NDArray:
        return matmul.matmul(self, a, b, transpose_a=transpose_a, transpose_b=transpose_b)

    def matmul_batched(self, a: NDArray, b: NDArray) -> NDArray:
        return matmul.matmul_batched(self, a, b)

    def reduce(self, operation: str, x: NDArray, axis: int | None) -> NDArray:
        return reduction.reduce(self, operation, x, axis)

    def scan(self, operation: str, x: NDArray, axis: int) -> NDArray:
        return reduction.scan(self, operation, x, axis)

    def sort(self, x: NDArray, *, descending: bool = False) -> NDArray:
        return sorting.sort(self, x, descending=descending)

    def argsort(self, x: NDArray, *, descending: bool = False) -> NDArray:
        return sorting.argsort(self, x, descending=descending)

    def searchsorted(self, ordered: NDArray, values: NDArray, *, side: str = "left") -> NDArray:
        return sorting.searchsorted(self, ordered, values, side=side)

    def transpose(self, x: NDArray, axes: tuple[int, ...]) -> NDArray:
        return places.transpose(self, x, axes)

    # Places

    def iota(self, size: int) -> NDArray:
        return places.iota(self, size)

    def read_strided(self, x: NDArray, offset: int, strides: Shape, shape: Shape) -> NDArray:
        return places.read_strided(self, x, offset, strides, shape)

    def write_strided(self, x: NDArray, offset: int, strides: Shape, shape: Shape, values: NDArray) -> None:
        places.write_strided(self, x, offset, strides, shape, values)

    def gather(self, x: NDArray, places: NDArray) -> NDArray:
        return gathering.gather(self, x, places)

    def gather_rows(self, x: NDArray, places: NDArray) -> NDArray:
        return gathering.gather_rows(self, x, places)

    def scatter(self, x: NDArray, places: NDArray, values: NDArray) -> None:
        gathering.scatter(self, x, places, values)

    def scatter_rows(self, x: NDArray, places: NDArray, values: NDArray) -> None:
        gathering.scatter_rows(self, x, places, values)

    def nonzero(self, x: NDArray) -> NDArray:
        return gathering.nonzero(self, x)

    def col2im(self, columns: NDArray, *, size: Pair, stride: Pair, pad: Pair, dilation: Pair) -> NDArray:
        return col2im.col2im(self, columns, size=size, stride=stride, pad=pad, dilation=dilation)

    # Random numbers

    def random_uniform(self, seed: int, stream: Shape, shape: Shape) -> NDArray:
        return random.uniform(self, seed, stream, shape)

    def random_normal(self, seed: int, stream: Shape, shape: Shape) -> NDArray:
        return random.normal(self, seed, stream, shape)

    def random_integers(self, seed: int, stream: Shape, shape: Shape, *, low: int, high: int) -> NDArray:
        return random.integers(self, seed, stream, shape, low=low, high=high)

    # Users' kernels

    def launch_text(
        self, text: str, name: str, arguments: tuple[NDArray | bytes, ...],
        *, global_size: Shape, local_size: Shape | None,
    ) -> None:  # fmt: skip
        memory = tuple([x if isinstance(x, bytes) else x.data for x in arguments])
        self.queue.launch_text(text, name, memory, global_size=global_size, local_size=local_size)


def _equivalence_class(queue: DeviceQueue) -> str:
    device = queue.device
    platform, driver = device.platform.name.strip(), device.driver_version.strip()
    return f"opencl/{queue.kind}/{platform}/{driver}/{queue.tuning.vector}/{source.digest()[:DIGEST_LENGTH]}"
