"""The NumPy backend: the specification that other backends are tested against, and what runs without OpenCL.

Every operation is a plain function on ``np.ndarray`` in a file of this folder; this class only takes arrays out of
their ``NDArray`` and puts results into one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.base import CodingKey
from mathcore.backends.geometry import geometry
from mathcore.backends.numpy import (
    augmentation,
    convolution,
    dropout,
    dynamic8,
    float16,
    levels,
    lrn,
    normalization,
    pooling,
    softmax,
    training,
    update,
)
from mathcore.backends.numpy.array_backend import NumpyArrays
from mathcore.backends.shapes import Pair, Shape
from mathcore.backends.update_program import UpdateProgram


class NumpyBackend(NumpyArrays):
    """Arrays in the memory of this process, and all operations on them."""

    # Convolution and linear

    def convolution_2d(
        self, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair, dilation: Pair = (1, 1),
        groups: int = 1, activation: str = "identity",
    ) -> NDArray:  # fmt: skip
        y = convolution.convolution_2d(
            x.data, w.data, _data(b), stride=stride, pad=pad, dilation=dilation, groups=groups, activation=activation
        )
        return self._wrap(y)

    def convolution_2d_data_gradient(
        self, dy: NDArray, w: NDArray, *, x_shape: Shape, stride: Pair, pad: Pair, dilation: Pair = (1, 1),
        groups: int = 1,
    ) -> NDArray:  # fmt: skip
        return self._wrap(
            convolution.data_gradient(
                dy.data, w.data, x_shape=x_shape, stride=stride, pad=pad, dilation=dilation, groups=groups
            )
        )

    def convolution_2d_weight_gradient(
        self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair,
        dilation: Pair = (1, 1), groups: int = 1,
    ) -> None:  # fmt: skip
        convolution.weight_gradient(
            x.data, dy.data, dw.data, _data(db), stride=stride, pad=pad, dilation=dilation, groups=groups
        )

    def convolution_max_pooling_2d(
        self, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair
    ) -> tuple[NDArray, NDArray]:
        z = self.convolution_2d(x, w, b, stride=stride, pad=pad)
        return self.max_pooling_2d(z, ksize=(2, 2), stride=(2, 2), pad=(0, 0))

    def convolution_max_pooling_2d_weight_gradient(
        self, x: NDArray, dy: NDArray, positions: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair
    ) -> None:
        z_shape = geometry("convolution_max_pooling_2d", x.shape, dw.shape, stride=stride, pad=pad).y_shape
        dz = self.max_pooling_2d_gradient(dy, positions, x_shape=z_shape, ksize=(2, 2), stride=(2, 2), pad=(0, 0))
        self.convolution_2d_weight_gradient(x, dz, dw, db, stride=stride, pad=pad)

    def linear(self, x: NDArray, w: NDArray, b: NDArray | None) -> NDArray:
        y = x.data @ w.data
        if b is not None:
            y += b.data
        return self._wrap(y)

    def linear_data_gradient(self, dy: NDArray, w: NDArray) -> NDArray:
        return self._wrap(dy.data @ w.data.T)

    def linear_weight_gradient(self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None) -> None:
        np.matmul(x.data.T, dy.data, out=dw.data)
        if db is not None:
            np.sum(dy.data, axis=0, out=db.data)

    # Pooling

    def max_pooling_2d(
        self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None
    ) -> tuple[NDArray, NDArray]:
        y, positions = pooling.max_pooling_2d(x.data, ksize=ksize, stride=stride, pad=pad, count=count)
        return self._wrap(y), self._wrap(positions)

    def max_pooling_2d_gradient(
        self, dy: NDArray, positions: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
    ) -> NDArray:
        return self._wrap(
            pooling.max_pooling_2d_gradient(
                dy.data, positions.data, x_shape=x_shape, ksize=ksize, stride=stride, pad=pad
            )
        )

    def average_pooling_2d(
        self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None, divisor: str = "padded"
    ) -> NDArray:
        return self._wrap(
            pooling.average_pooling_2d(x.data, ksize=ksize, stride=stride, pad=pad, count=count, divisor=divisor)
        )

    def average_pooling_2d_gradient(
        self, dy: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair, divisor: str = "padded"
    ) -> NDArray:
        return self._wrap(
            pooling.average_pooling_2d_gradient(
                dy.data, x_shape=x_shape, ksize=ksize, stride=stride, pad=pad, divisor=divisor
            )
        )

    def global_average_pooling(self, x: NDArray) -> NDArray:
        return self._wrap(x.data.mean(axis=(1, 2)))

    def global_average_pooling_gradient(self, dy: NDArray, *, x_shape: Shape) -> NDArray:
        share = dy.data / dy.dtype.type(x_shape[1] * x_shape[2])
        return self._wrap(np.broadcast_to(share[:, None, None, :], x_shape).copy())

    # Normalization

    def batch_statistics(self, x: NDArray, *, eps: float) -> tuple[NDArray, NDArray, NDArray]:
        mean, variance, inverse = normalization.batch_statistics(x.data, eps=eps)
        return self._wrap(mean), self._wrap(variance), self._wrap(inverse)

    def inverse_deviation(self, variance: NDArray, *, eps: float) -> NDArray:
        return self._wrap(normalization.inverse_deviation(variance.data, eps=eps))

    def normalize(
        self, x: NDArray, mean: NDArray, inverse: NDArray, gamma: NDArray, beta: NDArray,
        *, addend: NDArray | None = None, activation: str = "identity",
    ) -> NDArray:  # fmt: skip
        arrays = (x.data, mean.data, inverse.data, gamma.data, beta.data)
        return self._wrap(normalization.normalize(*arrays, addend=_data(addend), activation=activation))

    def batch_normalization_gradient(
        self, dy: NDArray, x: NDArray, mean: NDArray, inverse: NDArray, gamma: NDArray, beta: NDArray,
        dgamma: NDArray, dbeta: NDArray, *, activated: NDArray | None = None, activation: str = "identity",
    ) -> tuple[NDArray, NDArray]:  # fmt: skip
        arrays = (x.data, mean.data, inverse.data, gamma.data, beta.data)
        dz = normalization.before_activation(dy.data, *arrays, activated=_data(activated), activation=activation)
        return self._wrap(normalization.gradient(dz, *arrays[:4], dgamma.data, dbeta.data)), self._wrap(dz)

    def running_statistics(
        self, mean: NDArray, variance: NDArray, running_mean: NDArray, running_variance: NDArray,
        next_mean: NDArray, next_variance: NDArray, *, decay: float, count: int,
    ) -> None:  # fmt: skip
        factor = count / (count - 1)
        normalization.follow(mean.data, running_mean.data, next_mean.data, decay=decay)
        normalization.follow(variance.data, running_variance.data, next_variance.data, decay=decay, factor=factor)

    # Sums

    def plus(self, inputs: Sequence[NDArray], *, activation: str = "identity") -> NDArray:
        y = inputs[0].data.copy()
        for x in inputs[1:]:
            y += x.data
        return self._wrap(np.asarray(np.maximum(y, 0)) if activation == "relu" else y)

    # Activations

    def relu(self, x: NDArray) -> NDArray:
        return self._wrap(np.asarray(np.maximum(x.data, 0)))

    def relu_gradient(self, dy: NDArray, y: NDArray) -> NDArray:
        return self._wrap(np.where(y.data > 0, dy.data, dy.data.dtype.type(0)))

    # Local response normalization

    def lrn(self, x: NDArray, *, size: int, alpha: float, beta: float, k: float) -> tuple[NDArray, NDArray]:
        y, scale = lrn.lrn(x.data, size=size, alpha=alpha, beta=beta, k=k)
        return self._wrap(y), self._wrap(scale)

    def lrn_gradient(
        self, dy: NDArray, x: NDArray, y: NDArray, scale: NDArray, *, size: int, alpha: float, beta: float
    ) -> NDArray:
        arrays = (dy.data, x.data, y.data, scale.data)
        return self._wrap(lrn.lrn_gradient(*arrays, size=size, alpha=alpha, beta=beta))

    # Layers that draw

    def dropout(self, x: NDArray, key: NDArray, *, ratio: float, stream: int) -> NDArray:
        return self._wrap(dropout.dropout(x.data, key.data, ratio=ratio, stream=stream))

    def augment_images(
        self, x: NDArray, key: NDArray | None,
        *, size: Pair, pad: Pair, crop: str, flip: str, mean: tuple[float, ...], scale: float, stream: int,
    ) -> NDArray:  # fmt: skip
        return self._wrap(
            augmentation.augment_images(
                x.data, _data(key), size=size, pad=pad, crop=crop, flip=flip, mean=mean, scale=scale, stream=stream
            )
        )

    # Losses and metrics

    def softmax_cross_entropy(
        self, logits: NDArray, labels: NDArray, *, ignore_label: int | None = None, label_smoothing: float = 0.0
    ) -> tuple[NDArray, NDArray]:
        loss, probabilities = softmax.softmax_cross_entropy(
            logits.data, labels.data, ignore_label=ignore_label, label_smoothing=label_smoothing
        )
        return self._wrap(loss), self._wrap(probabilities)

    def softmax_cross_entropy_gradient(
        self, probabilities: NDArray, labels: NDArray, dloss: NDArray,
        *, ignore_label: int | None = None, label_smoothing: float = 0.0,
    ) -> NDArray:  # fmt: skip
        arrays = (probabilities.data, labels.data, dloss.data)
        return self._wrap(
            softmax.softmax_cross_entropy_gradient(
                *arrays, ignore_label=ignore_label, label_smoothing=label_smoothing
            )
        )

    def count_correct(self, logits: NDArray, labels: NDArray, *, top_k: int = 1) -> NDArray:
        return self._wrap(softmax.count_correct(logits.data, labels.data, top_k=top_k))

    # Training

    def accumulate(self, total: NDArray, x: NDArray, weight: float) -> None:
        training.accumulate(total.data, x.data, weight)

    def update(
        self, program: UpdateProgram, parameters: NDArray, gradient: NDArray, state: NDArray,
        *, numbers: np.ndarray, size: int, multipliers: NDArray | None,
    ) -> None:  # fmt: skip
        update.update(
            program, parameters.data, gradient.data, state.data,
            numbers=numbers, size=size, multipliers=_data(multipliers),
        )  # fmt: skip

    def block_squares(self, x: NDArray, *, size: int) -> NDArray:
        return self._wrap(update.block_squares(x.data, size=size))

    # Codecs

    def encode_dynamic8(self, x: NDArray) -> tuple[NDArray, NDArray]:
        codes, scales = dynamic8.encode(x.data)
        return self._wrap(codes), self._wrap(scales)

    def decode_dynamic8(self, codes: NDArray, scales: NDArray) -> NDArray:
        return self._wrap(dynamic8.decode(codes.data, scales.data))

    def encode_dynamic8_legacy(self, x: NDArray) -> tuple[NDArray, NDArray]:
        codes, scale = dynamic8.encode_legacy(x.data)
        return self._wrap(codes), self._wrap(scale)

    def encode_float16(self, x: NDArray) -> NDArray:
        return self._wrap(float16.encode(x.data))

    def decode_float16(self, halves: NDArray) -> NDArray:
        return self._wrap(float16.decode(halves.data))

    def encode_sr4(self, x: NDArray, key: CodingKey) -> tuple[NDArray, NDArray]:
        packed, scales = levels.encode_sr4(x.data, key)
        return self._wrap(packed), self._wrap(scales)

    def decode_sr4(self, packed: NDArray, scales: NDArray, *, count: int) -> NDArray:
        return self._wrap(levels.decode_sr4(packed.data, scales.data, count=count))

    def encode_ternary(self, x: NDArray, key: CodingKey) -> tuple[NDArray, NDArray]:
        packed, scales = levels.encode_ternary(x.data, key)
        return self._wrap(packed), self._wrap(scales)

    def decode_ternary(self, packed: NDArray, scales: NDArray, *, count: int) -> NDArray:
        return self._wrap(levels.decode_ternary(packed.data, scales.data, count=count))


def _data(x: NDArray | None) -> np.ndarray | None:
    return None if x is None else x.data
