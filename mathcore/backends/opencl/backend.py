"""The OpenCL backend: one device, its queue, and the operations on arrays in its memory.

Every operation is a plain function in a file of this folder, named as its kernels in ``kernels/`` are; this class only
names them as the backend protocol does. Enqueued work runs in order; ``to_numpy`` and ``synchronize`` wait. One thread
at a time.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.backends.base import MemoryInfo
from mathcore.backends.opencl import (
    arrays,
    col2im,
    convolution,
    dynamic8,
    elementwise,
    gathering,
    matmul,
    places,
    pooling,
    random,
    reduction,
    relu,
    softmax,
    sorting,
    source,
    training,
)
from mathcore.backends.opencl.queue import DeviceQueue
from mathcore.backends.operations import Chain
from mathcore.backends.shapes import Pair, Shape, check_size

DIGEST_LENGTH = 12


class OpenCLBackend:
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

    # Layers

    def convolution_2d(self, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair) -> NDArray:
        return convolution.convolution_2d(self, x, w, b, stride=stride, pad=pad)

    def convolution_2d_data_gradient(
        self, dy: NDArray, w: NDArray, *, x_shape: Shape, stride: Pair, pad: Pair
    ) -> NDArray:
        return convolution.convolution_2d_data_gradient(self, dy, w, x_shape=x_shape, stride=stride, pad=pad)

    def convolution_2d_weight_gradient(
        self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair
    ) -> None:
        convolution.convolution_2d_weight_gradient(self, x, dy, dw, db, stride=stride, pad=pad)

    def linear(self, x: NDArray, w: NDArray, b: NDArray | None) -> NDArray:
        return matmul.linear(self, x, w, b)

    def linear_data_gradient(self, dy: NDArray, w: NDArray) -> NDArray:
        return matmul.linear_data_gradient(self, dy, w)

    def linear_weight_gradient(self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None) -> None:
        matmul.linear_weight_gradient(self, x, dy, dw, db)

    def max_pooling_2d(self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair) -> tuple[NDArray, NDArray]:
        return pooling.max_pooling_2d(self, x, ksize=ksize, stride=stride, pad=pad)

    def max_pooling_2d_gradient(
        self, dy: NDArray, positions: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
    ) -> NDArray:
        return pooling.max_pooling_2d_gradient(
            self, dy, positions, x_shape=x_shape, ksize=ksize, stride=stride, pad=pad
        )

    def average_pooling_2d(self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair) -> NDArray:
        return pooling.average_pooling_2d(self, x, ksize=ksize, stride=stride, pad=pad)

    def average_pooling_2d_gradient(
        self, dy: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
    ) -> NDArray:
        return pooling.average_pooling_2d_gradient(self, dy, x_shape=x_shape, ksize=ksize, stride=stride, pad=pad)

    def relu(self, x: NDArray) -> NDArray:
        return relu.relu(self, x)

    def relu_gradient(self, dy: NDArray, y: NDArray) -> NDArray:
        return relu.relu_gradient(self, dy, y)

    def softmax_cross_entropy(self, logits: NDArray, labels: NDArray) -> tuple[NDArray, NDArray]:
        return softmax.softmax_cross_entropy(self, logits, labels)

    def softmax_cross_entropy_gradient(self, probabilities: NDArray, labels: NDArray, dloss: NDArray) -> NDArray:
        return softmax.softmax_cross_entropy_gradient(self, probabilities, labels, dloss)

    def count_correct(self, logits: NDArray, labels: NDArray) -> NDArray:
        return softmax.count_correct(self, logits, labels)

    # Training

    def accumulate(self, total: NDArray, x: NDArray, weight: float) -> None:
        training.accumulate(self, total, x, weight)

    def momentum_update(
        self, parameters: NDArray, velocity: NDArray, gradient: NDArray,
        *, learning_rate: float, momentum: float, weight_decay: float,
    ) -> None:  # fmt: skip
        training.momentum_update(
            self, parameters, velocity, gradient,
            learning_rate=learning_rate, momentum=momentum, weight_decay=weight_decay,
        )  # fmt: skip

    def encode_dynamic8(self, x: NDArray) -> tuple[NDArray, NDArray]:
        return dynamic8.encode(self, x)

    def decode_dynamic8(self, codes: NDArray, scales: NDArray) -> NDArray:
        return dynamic8.decode(self, codes, scales)

    @cached_property
    def dynamic8_tables(self) -> dynamic8.Tables:
        """The codec's constant tables, uploaded when first needed."""
        return dynamic8.Tables(self)


def _equivalence_class(queue: DeviceQueue) -> str:
    device = queue.device
    platform, driver = device.platform.name.strip(), device.driver_version.strip()
    return f"opencl/{queue.kind}/{platform}/{driver}/{queue.tuning.vector}/{source.digest()[:DIGEST_LENGTH]}"
