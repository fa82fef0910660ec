"""The OpenCL backend: all operations on the arrays of one device.

Every operation is a plain function in a file of this folder, named as its kernels in ``kernels/`` are; this class only
names them as the backend protocol does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.base import CodingKey
from mathcore.backends.opencl import (
    augmentation,
    convolution,
    convolution_max_pooling,
    dropout,
    dynamic8,
    float16,
    global_average_pooling,
    levels,
    lrn,
    matmul,
    normalization,
    plus,
    pooling,
    relu,
    softmax,
    training,
    update,
)
from mathcore.backends.opencl.array_backend import OpenCLArrays
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.shapes import Pair, Shape
from mathcore.backends.update_program import UpdateProgram


class OpenCLBackend(OpenCLArrays):
    """Arrays and arithmetic on one OpenCL device."""

    # Convolution and linear

    def convolution_2d(
        self, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair, dilation: Pair = (1, 1),
        groups: int = 1, activation: str = "identity",
    ) -> NDArray:  # fmt: skip
        return convolution.convolution_2d(
            self, x, w, b, stride=stride, pad=pad, dilation=dilation, groups=groups, activation=activation
        )

    def convolution_2d_data_gradient(
        self, dy: NDArray, w: NDArray, *, x_shape: Shape, stride: Pair, pad: Pair, dilation: Pair = (1, 1),
        groups: int = 1,
    ) -> NDArray:  # fmt: skip
        return convolution.convolution_2d_data_gradient(
            self, dy, w, x_shape=x_shape, stride=stride, pad=pad, dilation=dilation, groups=groups
        )

    def convolution_2d_weight_gradient(
        self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair,
        dilation: Pair = (1, 1), groups: int = 1,
    ) -> None:  # fmt: skip
        convolution.convolution_2d_weight_gradient(
            self, x, dy, dw, db, stride=stride, pad=pad, dilation=dilation, groups=groups
        )

    def convolution_max_pooling_2d(
        self, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair
    ) -> tuple[NDArray, NDArray]:
        return convolution_max_pooling.convolution_max_pooling_2d(self, x, w, b, stride=stride, pad=pad)

    def convolution_max_pooling_2d_weight_gradient(
        self, x: NDArray, dy: NDArray, positions: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair
    ) -> None:
        convolution_max_pooling.convolution_max_pooling_2d_weight_gradient(
            self, x, dy, positions, dw, db, stride=stride, pad=pad
        )

    def linear(self, x: NDArray, w: NDArray, b: NDArray | None) -> NDArray:
        return matmul.linear(self, x, w, b)

    def linear_data_gradient(self, dy: NDArray, w: NDArray) -> NDArray:
        return matmul.linear_data_gradient(self, dy, w)

    def linear_weight_gradient(self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None) -> None:
        matmul.linear_weight_gradient(self, x, dy, dw, db)

    # Pooling

    def max_pooling_2d(
        self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None
    ) -> tuple[NDArray, NDArray]:
        return pooling.max_pooling_2d(self, x, ksize=ksize, stride=stride, pad=pad, count=count)

    def max_pooling_2d_gradient(
        self, dy: NDArray, positions: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
    ) -> NDArray:
        return pooling.max_pooling_2d_gradient(
            self, dy, positions, x_shape=x_shape, ksize=ksize, stride=stride, pad=pad
        )

    def average_pooling_2d(
        self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None, divisor: str = "padded"
    ) -> NDArray:
        return pooling.average_pooling_2d(self, x, ksize=ksize, stride=stride, pad=pad, count=count, divisor=divisor)

    def average_pooling_2d_gradient(
        self, dy: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair, divisor: str = "padded"
    ) -> NDArray:
        return pooling.average_pooling_2d_gradient(
            self, dy, x_shape=x_shape, ksize=ksize, stride=stride, pad=pad, divisor=divisor
        )

    def global_average_pooling(self, x: NDArray) -> NDArray:
        return global_average_pooling.global_average_pooling(self, x)

    def global_average_pooling_gradient(self, dy: NDArray, *, x_shape: Shape) -> NDArray:
        return global_average_pooling.global_average_pooling_gradient(self, dy, x_shape=x_shape)

    # Normalization

    def batch_statistics(self, x: NDArray, *, eps: float) -> tuple[NDArray, NDArray, NDArray]:
        return normalization.batch_statistics(self, x, eps=eps)

    def inverse_deviation(self, variance: NDArray, *, eps: float) -> NDArray:
        return normalization.inverse_deviation(self, variance, eps=eps)

    def normalize(
        self, x: NDArray, mean: NDArray, inverse: NDArray, gamma: NDArray, beta: NDArray,
        *, addend: NDArray | None = None, activation: str = "identity",
    ) -> NDArray:  # fmt: skip
        return normalization.normalize(self, x, mean, inverse, gamma, beta, addend=addend, activation=activation)

    def batch_normalization_gradient(
        self, dy: NDArray, x: NDArray, mean: NDArray, inverse: NDArray, gamma: NDArray, beta: NDArray,
        dgamma: NDArray, dbeta: NDArray, *, activated: NDArray | None = None, activation: str = "identity",
    ) -> tuple[NDArray, NDArray]:  # fmt: skip
        return normalization.batch_normalization_gradient(
            self, dy, x, mean, inverse, gamma, beta, dgamma, dbeta, activated=activated, activation=activation
        )

    def running_statistics(
        self, mean: NDArray, variance: NDArray, running_mean: NDArray, running_variance: NDArray,
        next_mean: NDArray, next_variance: NDArray, *, decay: float, count: int,
    ) -> None:  # fmt: skip
        normalization.running_statistics(
            self, mean, variance, running_mean, running_variance, next_mean, next_variance, decay=decay, count=count
        )

    # Sums

    def plus(self, inputs: Sequence[NDArray], *, activation: str = "identity") -> NDArray:
        return plus.plus(self, inputs, activation=activation)

    # Activations

    def relu(self, x: NDArray) -> NDArray:
        return relu.relu(self, x)

    def relu_gradient(self, dy: NDArray, y: NDArray) -> NDArray:
        return relu.relu_gradient(self, dy, y)

    # Local response normalization

    def lrn(self, x: NDArray, *, size: int, alpha: float, beta: float, k: float) -> tuple[NDArray, NDArray]:
        return lrn.lrn(self, x, size=size, alpha=alpha, beta=beta, k=k)

    def lrn_gradient(
        self, dy: NDArray, x: NDArray, y: NDArray, scale: NDArray, *, size: int, alpha: float, beta: float
    ) -> NDArray:
        return lrn.lrn_gradient(self, dy, x, y, scale, size=size, alpha=alpha, beta=beta)

    # Layers that draw

    def dropout(self, x: NDArray, key: NDArray, *, ratio: float, stream: int) -> NDArray:
        return dropout.dropout(self, x, key, ratio=ratio, stream=stream)

    def augment_images(
        self, x: NDArray, key: NDArray | None,
        *, size: Pair, pad: Pair, crop: str, flip: str, mean: tuple[float, ...], scale: float, stream: int,
    ) -> NDArray:  # fmt: skip
        return augmentation.augment_images(
            self, x, key, size=size, pad=pad, crop=crop, flip=flip, mean=mean, scale=scale, stream=stream
        )

    # Losses and metrics

    def softmax_cross_entropy(
        self, logits: NDArray, labels: NDArray, *, ignore_label: int | None = None, label_smoothing: float = 0.0
    ) -> tuple[NDArray, NDArray]:
        return softmax.softmax_cross_entropy(
            self, logits, labels, ignore_label=ignore_label, label_smoothing=label_smoothing
        )

    def softmax_cross_entropy_gradient(
        self, probabilities: NDArray, labels: NDArray, dloss: NDArray,
        *, ignore_label: int | None = None, label_smoothing: float = 0.0,
    ) -> NDArray:  # fmt: skip
        return softmax.softmax_cross_entropy_gradient(
            self, probabilities, labels, dloss, ignore_label=ignore_label, label_smoothing=label_smoothing
        )

    def count_correct(self, logits: NDArray, labels: NDArray, *, top_k: int = 1) -> NDArray:
        return softmax.count_correct(self, logits, labels, top_k=top_k)

    # Training

    def accumulate(self, total: NDArray, x: NDArray, weight: float) -> None:
        training.accumulate(self, total, x, weight)

    def update(
        self, program: UpdateProgram, parameters: NDArray, gradient: NDArray, state: NDArray,
        *, numbers: np.ndarray, size: int, multipliers: NDArray | None,
    ) -> None:  # fmt: skip
        update.update(
            self, program, parameters, gradient, state, numbers=numbers, size=size, multipliers=multipliers
        )

    def block_squares(self, x: NDArray, *, size: int) -> NDArray:
        return update.block_squares(self, x, size=size)

    # Codecs

    def encode_dynamic8(self, x: NDArray) -> tuple[NDArray, NDArray]:
        return dynamic8.encode(self, x)

    def decode_dynamic8(self, codes: NDArray, scales: NDArray) -> NDArray:
        return dynamic8.decode(self, codes, scales)

    def encode_dynamic8_legacy(self, x: NDArray) -> tuple[NDArray, NDArray]:
        return dynamic8.encode_legacy(self, x)

    def encode_float16(self, x: NDArray) -> NDArray:
        return float16.encode(self, x)

    def decode_float16(self, halves: NDArray) -> NDArray:
        return float16.decode(self, halves)

    def encode_sr4(self, x: NDArray, key: CodingKey) -> tuple[NDArray, NDArray]:
        return levels.encode_sr4(self, x, key)

    def decode_sr4(self, packed: NDArray, scales: NDArray, *, count: int) -> NDArray:
        return levels.decode_sr4(self, packed, scales, count=count)

    def encode_ternary(self, x: NDArray, key: CodingKey) -> tuple[NDArray, NDArray]:
        return levels.encode_ternary(self, x, key)

    def decode_ternary(self, packed: NDArray, scales: NDArray, *, count: int) -> NDArray:
        return levels.decode_ternary(self, packed, scales, count=count)

    @cached_property
    def dynamic8_tables(self) -> dynamic8.Tables:
        """The codec's constant tables, uploaded when first needed."""
        return dynamic8.Tables(self)

    @cached_property
    def level_reciprocals(self) -> dict[int, Memory]:
        """The tables of ``mathcore/codecs/levels.py``, uploaded when first needed."""
        return levels.upload_reciprocals(self)
