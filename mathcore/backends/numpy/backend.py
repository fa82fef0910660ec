"""The NumPy backend: the specification that other backends are tested against, and what runs without OpenCL.

Every operation is a plain function on ``np.ndarray`` in a file of this folder; this class only takes arrays out of
their ``NDArray`` and puts results into one.
"""

from __future__ import annotations

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.numpy import convolution, dynamic8, pooling, softmax, training, update
from mathcore.backends.numpy.array_backend import NumpyArrays
from mathcore.backends.shapes import Pair, Shape
from mathcore.backends.update_program import UpdateProgram


class NumpyBackend(NumpyArrays):
    """Arrays in the memory of this process, and all operations on them."""

    # Convolution and linear

    def convolution_2d(self, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair) -> NDArray:
        return self._wrap(convolution.convolution_2d(x.data, w.data, _data(b), stride=stride, pad=pad))

    def convolution_2d_data_gradient(
        self, dy: NDArray, w: NDArray, *, x_shape: Shape, stride: Pair, pad: Pair
    ) -> NDArray:
        return self._wrap(convolution.data_gradient(dy.data, w.data, x_shape=x_shape, stride=stride, pad=pad))

    def convolution_2d_weight_gradient(
        self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair
    ) -> None:
        convolution.weight_gradient(x.data, dy.data, dw.data, _data(db), stride=stride, pad=pad)

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

    def max_pooling_2d(self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair) -> tuple[NDArray, NDArray]:
        y, positions = pooling.max_pooling_2d(x.data, ksize=ksize, stride=stride, pad=pad)
        return self._wrap(y), self._wrap(positions)

    def max_pooling_2d_gradient(
        self, dy: NDArray, positions: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
    ) -> NDArray:
        return self._wrap(
            pooling.max_pooling_2d_gradient(
                dy.data, positions.data, x_shape=x_shape, ksize=ksize, stride=stride, pad=pad
            )
        )

    def average_pooling_2d(self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair) -> NDArray:
        return self._wrap(pooling.average_pooling_2d(x.data, ksize=ksize, stride=stride, pad=pad))

    def average_pooling_2d_gradient(
        self, dy: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
    ) -> NDArray:
        return self._wrap(
            pooling.average_pooling_2d_gradient(dy.data, x_shape=x_shape, ksize=ksize, stride=stride, pad=pad)
        )

    # Activations

    def relu(self, x: NDArray) -> NDArray:
        return self._wrap(np.asarray(np.maximum(x.data, 0)))

    def relu_gradient(self, dy: NDArray, y: NDArray) -> NDArray:
        return self._wrap(np.where(y.data > 0, dy.data, dy.data.dtype.type(0)))

    # Losses and metrics

    def softmax_cross_entropy(self, logits: NDArray, labels: NDArray) -> tuple[NDArray, NDArray]:
        loss, probabilities = softmax.softmax_cross_entropy(logits.data, labels.data)
        return self._wrap(loss), self._wrap(probabilities)

    def softmax_cross_entropy_gradient(self, probabilities: NDArray, labels: NDArray, dloss: NDArray) -> NDArray:
        return self._wrap(softmax.softmax_cross_entropy_gradient(probabilities.data, labels.data, dloss.data))

    def count_correct(self, logits: NDArray, labels: NDArray) -> NDArray:
        return self._wrap(softmax.count_correct(logits.data, labels.data))

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


def _data(x: NDArray | None) -> np.ndarray | None:
    return None if x is None else x.data
