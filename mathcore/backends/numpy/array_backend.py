"""The arrays of the NumPy backend: memory, element-wise work, products, reductions, places, random numbers.

Every operation is a plain function on ``np.ndarray`` in a file of this folder; this class only takes arrays out of
their ``NDArray`` and puts results into one. Storage is a C-contiguous ``np.ndarray``; views and reshapes share memory.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import threadpoolctl
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.backends.array_backend import MemoryInfo
from mathcore.backends.fetched import FetchedArray
from mathcore.backends.numpy import (
    arrays,
    col2im,
    elementwise,
    gathering,
    places,
    products,
    reduction,
    sorting,
)
from mathcore.backends.operations import Chain
from mathcore.backends.recording import Recording, RepeatedCall
from mathcore.backends.shapes import Pair, Shape, check_size
from mathcore.errors import DeviceError
from mathcore.living import Living
from mathcore.random import philox

T = TypeVar("T")


class NumpyArrays:
    """Arrays in the memory of this process.

    Making one limits the BLAS library to a single thread for the whole process and for good: sums of matrix products
    depend on how many threads share them, and results must not. Use more processes to use more cores.
    """

    name = "numpy"

    def __init__(self) -> None:
        threadpoolctl.threadpool_limits(limits=1, user_api="blas")
        self.device = f"NumPy {np.__version__} on {platform.machine()}"
        self.equivalence_class = _equivalence_class()
        self._storage: Living[np.ndarray] = Living()

    # Memory

    def asarray(self, values: Any, dtype: DTypeLike | None = None) -> NDArray:
        return self._wrap(arrays.from_values(values, dtype))

    def to_numpy(self, x: NDArray) -> np.ndarray:
        return np.array(x.data)

    def fetch(self, x: NDArray) -> FetchedArray:
        return FetchedArray(self.to_numpy(x))

    def empty(self, shape: Shape, dtype: DTypeLike = np.float32) -> NDArray:
        return self._wrap(np.empty(shape, arrays.check_dtype(np.dtype(dtype))))

    def zeros(self, shape: Shape, dtype: DTypeLike = np.float32) -> NDArray:
        return self._wrap(np.zeros(shape, arrays.check_dtype(np.dtype(dtype))))

    def view(self, x: NDArray, offset: int, shape: Shape) -> NDArray:
        return self._wrap(arrays.view(x.data, offset, shape))

    def reshape(self, x: NDArray, shape: Shape) -> NDArray:
        check_size(x.shape, shape)
        return self._wrap(x.data.reshape(shape))

    def share_memory(self, a: NDArray, b: NDArray) -> bool:
        return np.may_share_memory(a.data, b.data)

    def copy(self, source: NDArray, destination: NDArray) -> None:
        arrays.write(destination.data, source.data)

    def write(self, destination: NDArray, values: np.ndarray) -> None:
        arrays.write(destination.data, values)

    def memory_info(self) -> MemoryInfo:
        sizes = [owner.nbytes for owner in self._storage]
        return MemoryInfo(live_buffers=len(sizes), live_bytes=sum(sizes), pooled_bytes=0)

    def release_pool(self) -> None:
        pass  # NumPy keeps none

    def synchronize(self) -> None:
        pass  # every operation is done when it returns

    def record(self, function: Callable[[], T]) -> Recording[T]:
        return RepeatedCall(function, function(), "expected a device with a queue, got NumPy")

    # Arrays

    def cast(self, x: NDArray, dtype: DTypeLike) -> NDArray:
        return self._wrap(elementwise.cast(x.data, np.dtype(dtype)))

    def elementwise(self, operation: str, *operands: NDArray) -> NDArray:
        return self._wrap(elementwise.elementwise(operation, *(x.data for x in operands)))

    def chain(self, steps: Chain, *operands: NDArray) -> NDArray:
        return self._wrap(elementwise.chain(steps, *(x.data for x in operands)))

    def matmul(self, a: NDArray, b: NDArray, *, transpose_a: bool = False, transpose_b: bool = False) -> NDArray:
        return self._wrap(products.matmul(a.data, b.data, transpose_a=transpose_a, transpose_b=transpose_b))

    def matmul_batched(self, a: NDArray, b: NDArray) -> NDArray:
        return self._wrap(products.matmul_batched(a.data, b.data))

    def reduce(self, operation: str, x: NDArray, axis: int | None) -> NDArray:
        return self._wrap(reduction.reduce(operation, x.data, axis))

    def scan(self, operation: str, x: NDArray, axis: int) -> NDArray:
        return self._wrap(reduction.scan(operation, x.data, axis))

    def sort(self, x: NDArray, *, descending: bool = False) -> NDArray:
        return self._wrap(sorting.sort(x.data, descending=descending))

    def argsort(self, x: NDArray, *, descending: bool = False) -> NDArray:
        return self._wrap(sorting.argsort(x.data, descending=descending))

    def searchsorted(self, ordered: NDArray, values: NDArray, *, side: str = "left") -> NDArray:
        return self._wrap(sorting.searchsorted(ordered.data, values.data, side=side))

    def transpose(self, x: NDArray, axes: tuple[int, ...]) -> NDArray:
        return self._wrap(places.transpose(x.data, axes))

    # Places

    def iota(self, size: int) -> NDArray:
        return self._wrap(np.arange(size, dtype=np.int32))

    def read_strided(self, x: NDArray, offset: int, strides: Shape, shape: Shape) -> NDArray:
        return self._wrap(places.read_strided(x.data, offset, strides, shape))

    def write_strided(self, x: NDArray, offset: int, strides: Shape, shape: Shape, values: NDArray) -> None:
        places.write_strided(x.data, offset, strides, shape, values.data)

    def gather(self, x: NDArray, places: NDArray) -> NDArray:
        return self._wrap(gathering.gather(x.data, places.data))

    def gather_rows(self, x: NDArray, places: NDArray) -> NDArray:
        return self._wrap(gathering.gather_rows(x.data, places.data))

    def scatter(self, x: NDArray, places: NDArray, values: NDArray) -> None:
        gathering.scatter(x.data, places.data, values.data)

    def scatter_rows(self, x: NDArray, places: NDArray, values: NDArray) -> None:
        gathering.scatter_rows(x.data, places.data, values.data)

    def nonzero(self, x: NDArray) -> NDArray:
        return self._wrap(gathering.nonzero(x.data))

    def col2im(self, columns: NDArray, *, size: Pair, stride: Pair, pad: Pair, dilation: Pair) -> NDArray:
        return self._wrap(col2im.col2im(columns.data, size=size, stride=stride, pad=pad, dilation=dilation))

    # Random numbers

    def random_uniform(self, seed: int, stream: Shape, shape: Shape) -> NDArray:
        return self._wrap(philox.uniform(seed, stream, shape))

    def random_normal(self, seed: int, stream: Shape, shape: Shape) -> NDArray:
        return self._wrap(philox.normal(seed, stream, shape))

    def random_integers(self, seed: int, stream: Shape, shape: Shape, *, low: int, high: int) -> NDArray:
        return self._wrap(philox.int32_integers(seed, stream, shape, low=low, high=high))

    # Users' kernels

    def launch_text(
        self, text: str, name: str, arguments: tuple[NDArray | bytes, ...],
        *, global_size: Shape, local_size: Shape | None,
    ) -> None:  # fmt: skip
        raise DeviceError(
            f"{name}: expected a NumPy function to run in its place on {self.device}, got none; "
            "give one with numpy=, or use an OpenCL device"
        )

    def _wrap(self, data: np.ndarray) -> NDArray:
        self._storage.add(data.base if isinstance(data.base, np.ndarray) else data)
        return NDArray(self, data, data.shape, data.dtype)


def _equivalence_class() -> str:
    """Return ``numpy/<version>/<blas name version>/<blas architecture>/1-thread``.

    The architecture is the processor type whose kernels the BLAS library chose, which decides the order of its sums. A
    library that threadpoolctl does not know is named by the processor alone.
    """
    found = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    if not found:
        return f"numpy/{np.__version__}/blas/{platform.machine()}/1-thread"
    blas = found[0]
    architecture = blas.get("architecture") or platform.machine()
    return f"numpy/{np.__version__}/{blas['internal_api']} {blas['version']}/{architecture}/1-thread"
