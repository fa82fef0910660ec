"""What a backend provides: the primitives on arrays, and those of layers and training.

NumPy is the specification, OpenCL is tested against it. Arrays are C-contiguous. Images are (N, H, W, C); convolution
weights are (KH, KW, C // groups, O); linear weights are (I, O). ``stride``, ``pad``, ``dilation`` and ``ksize`` are
pairs (height, width).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mathcore.backends.array_backend import ArrayBackend, MemoryInfo, Pair, Shape

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.update_program import UpdateProgram

__all__ = ["ArrayBackend", "Backend", "CodingKey", "MemoryInfo", "Pair", "Shape"]

CodingKey = tuple[int, int, int, int]
"""Four words of 0 to 2**32 - 1: low and high half of the seed, step, shard."""


class Backend(ArrayBackend, Protocol):
    """One device and all operations on its arrays."""

    # Convolution and linear

    def convolution_2d(
        self, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair, dilation: Pair = (1, 1),
        groups: int = 1, activation: str = "identity",
    ) -> NDArray:  # fmt: skip
        """Return the cross-correlation (N, OH, OW, O) of ``x`` with ``w``, plus ``b`` (O,).

        ``dilation`` is from one tap of a window to the next; ``w`` is (KH, KW, C // groups, O): each group of outputs
        sees its own group of channels; ``activation`` is ``"identity"`` or ``"relu"``, applied to the result.
        """

    def convolution_2d_data_gradient(
        self, dy: NDArray, w: NDArray, *, x_shape: Shape, stride: Pair, pad: Pair, dilation: Pair = (1, 1),
        groups: int = 1,
    ) -> NDArray:  # fmt: skip
        """Return ``dx`` of shape ``x_shape``."""

    def convolution_2d_weight_gradient(
        self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair,
        dilation: Pair = (1, 1), groups: int = 1,
    ) -> None:  # fmt: skip
        """Write the gradients of the weights and the bias into ``dw`` and ``db``."""

    def convolution_max_pooling_2d(
        self, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair
    ) -> tuple[NDArray, NDArray]:
        """Return the maxima of 2 x 2 windows of a convolution and where each was, as ``max_pooling_2d`` does."""

    def convolution_max_pooling_2d_weight_gradient(
        self, x: NDArray, dy: NDArray, positions: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair
    ) -> None:
        """Write the gradients of the weights and the bias into ``dw`` and ``db``, from that of the maxima."""

    def linear(self, x: NDArray, w: NDArray, b: NDArray | None) -> NDArray:
        """Return ``x @ w + b``: (N, I), (I, O), (O,) to (N, O)."""

    def linear_data_gradient(self, dy: NDArray, w: NDArray) -> NDArray:
        """Return ``dy @ w.T``: (N, I)."""

    def linear_weight_gradient(self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None) -> None:
        """Write ``x.T @ dy`` into ``dw`` and the column sums of ``dy`` into ``db``."""

    # Pooling

    def max_pooling_2d(
        self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None
    ) -> tuple[NDArray, NDArray]:
        """Return the maxima (N, OH, OW, C) and where each was, as uint8 row * KW + column (first on ties).

        ``count`` is (OH, OW), each window beginning before the image ends; None: the windows that fit.
        """

    def max_pooling_2d_gradient(
        self, dy: NDArray, positions: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
    ) -> NDArray:
        """Return ``dx`` of shape ``x_shape``; overlapping windows add up."""

    def average_pooling_2d(
        self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair, count: Pair | None = None, divisor: str = "padded"
    ) -> NDArray:
        """Return the window means.

        They divide by how many elements of the "padded" image a window holds (KH * KW where windows fit), or by how
        many of the "image" alone.
        """

    def average_pooling_2d_gradient(
        self, dy: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair, divisor: str = "padded"
    ) -> NDArray:
        """Return ``dx`` of shape ``x_shape``."""

    def global_average_pooling(self, x: NDArray) -> NDArray:
        """Return the means (N, C) of the channels of images (N, H, W, C)."""

    def global_average_pooling_gradient(self, dy: NDArray, *, x_shape: Shape) -> NDArray:
        """Return ``dx`` of shape ``x_shape``: every pixel gets ``dy`` / (H W)."""

    # Normalization of channels, the last axis of x; ``activation`` is "identity" or "relu"

    def batch_statistics(self, x: NDArray, *, eps: float) -> tuple[NDArray, NDArray, NDArray]:
        """Return mean, variance (divided by M) and 1 / sqrt(variance + eps) of the M values of each channel, (C,)."""

    def inverse_deviation(self, variance: NDArray, *, eps: float) -> NDArray:
        """Return 1 / sqrt(variance + eps)."""

    def normalize(
        self, x: NDArray, mean: NDArray, inverse: NDArray, gamma: NDArray, beta: NDArray,
        *, addend: NDArray | None = None, activation: str = "identity",
    ) -> NDArray:
        """Return activation((x - mean) * inverse * gamma + beta + addend), operations in this order."""

    def batch_normalization_gradient(
        self, dy: NDArray, x: NDArray, mean: NDArray, inverse: NDArray, gamma: NDArray, beta: NDArray,
        dgamma: NDArray, dbeta: NDArray, *, activated: NDArray | None = None, activation: str = "identity",
    ) -> tuple[NDArray, NDArray]:
        """Return the gradients of ``x`` and of the addend, and write those of ``gamma`` and ``beta``.

        ``mean`` and ``inverse`` are the statistics of ``x``. ``activated`` is what ``normalize`` returned; where there
        was no addend it may be left out, and the gradient of the addend is then not to be used.
        """

    def running_statistics(
        self, mean: NDArray, variance: NDArray, running_mean: NDArray, running_variance: NDArray,
        next_mean: NDArray, next_variance: NDArray, *, decay: float, count: int,
    ) -> None:
        """Write decay * running + (1 - decay) * observed; the variance observed is first times count / (count - 1)."""

    # Sums

    def plus(self, inputs: Sequence[NDArray], *, activation: str = "identity") -> NDArray:
        """Return activation(inputs[0] + inputs[1] + ...), from the first to the last, in a new array."""

    # Activations

    def relu(self, x: NDArray) -> NDArray:
        """Return max(x, 0)."""

    def relu_gradient(self, dy: NDArray, y: NDArray) -> NDArray:
        """Return ``dy`` where ``y`` > 0, else 0."""

    # Local response normalization of channels, the last axis of x

    def lrn(self, x: NDArray, *, size: int, alpha: float, beta: float, k: float) -> tuple[NDArray, NDArray]:
        """Return ``y = x / scale**beta`` and ``scale = k + alpha / size * window sums of x**2``."""

    def lrn_gradient(
        self, dy: NDArray, x: NDArray, y: NDArray, scale: NDArray, *, size: int, alpha: float, beta: float
    ) -> NDArray:
        """Return ``dx`` of the shape of ``x``."""

    # Layers that draw: see mathcore/random/layer_stream.py; the same bits on every backend.

    def dropout(self, x: NDArray, key: NDArray, *, ratio: float, stream: int) -> NDArray:
        """Return ``x`` (N, ...) with elements set to 0 with probability ``ratio``, others divided by 1 - ratio."""

    def augment_images(
        self, x: NDArray, key: NDArray | None,
        *, size: Pair, pad: Pair, crop: str, flip: str, mean: tuple[float, ...], scale: float, stream: int,
    ) -> NDArray:
        """Return crops (N, *size, C) of images (N, H, W, C), uint8 or float32, as float32 (x - mean) * scale.

        ``crop`` and ``flip`` are "random", which needs a key, or "centre" and "none". Padding is 0 in the result.
        """

    # Losses and metrics

    def softmax_cross_entropy(
        self, logits: NDArray, labels: NDArray, *, ignore_label: int | None = None, label_smoothing: float = 0.0
    ) -> tuple[NDArray, NDArray]:
        """Return the mean loss () and the probabilities (N, C); labels (N,) int32.

        Examples of ``ignore_label`` do not count; another label that is no class makes the loss NaN. The distribution
        that a label stands for is 1 - ``label_smoothing`` at the label, and the rest over all classes.
        """

    def softmax_cross_entropy_gradient(
        self, probabilities: NDArray, labels: NDArray, dloss: NDArray,
        *, ignore_label: int | None = None, label_smoothing: float = 0.0,
    ) -> NDArray:
        """Return (probabilities - distributions of the labels) * dloss / N, where N are the examples that count."""

    def count_correct(self, logits: NDArray, labels: NDArray, *, top_k: int = 1) -> NDArray:
        """Return in how many rows the label is among the ``top_k`` highest, int32 ().

        NaN is higher than all numbers, and the first of equal ones is the highest.
        """

    # Training. The same bits on every backend: one rounding an operation, no contraction.

    def accumulate(self, total: NDArray, x: NDArray, weight: float) -> None:
        """Set total = total + float32(weight) * x."""

    def update(
        self, program: UpdateProgram, parameters: NDArray, gradient: NDArray, state: NDArray,
        *, numbers: np.ndarray, size: int, multipliers: NDArray | None,
    ) -> None:
        """Run the step of an optimizer on the first ``size`` elements of the vectors, in place.

        ``state`` holds the program's slots, each from a multiple of ``slot_stride(size)``; ``numbers`` are its float32
        numbers; ``multipliers`` are ``lr_mult`` and ``decay_mult`` of every 256 elements, float32 (2 * blocks,).
        """

    def block_squares(self, x: NDArray, *, size: int) -> NDArray:
        """Return the sums of the squares of every 256 of the first ``size`` elements of ``x``, in a fixed order."""

    # Codecs

    def encode_dynamic8(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """Return codes (P,) uint8 and scales (ceil(P / 256),) float32 of a float32 vector (P,).

        Defined in ``mathcore/codecs/dynamic_tree.py``. A block with NaN or infinity has a scale that is not finite.
        """

    def decode_dynamic8(self, codes: NDArray, scales: NDArray) -> NDArray:
        """Return the float32 vector (P,) of codes and block scales."""

    def encode_dynamic8_legacy(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """Return codes (P,) uint8 and the scale (1,) float32 of a whole vector, by the published thresholds."""

    def encode_float16(self, x: NDArray) -> NDArray:
        """Return the halves of a float32 vector (P,) as their bytes, uint8 (2 P,), in the order of the device.

        To the nearest, ties to even, at most +-65504; what is not finite stays not finite.
        """

    def decode_float16(self, halves: NDArray) -> NDArray:
        """Return the float32 vector (P,) of finite halves."""

    def encode_sr4(self, x: NDArray, key: CodingKey) -> tuple[NDArray, NDArray]:
        """Return bytes (ceil(P / 2),) uint8 and scales (ceil(P / 256),) int32 of a float32 vector (P,).

        Defined in ``mathcore/codecs/levels.py`` and ``sr4.py``. A block with NaN or infinity has the scale -1.
        """

    def decode_sr4(self, packed: NDArray, scales: NDArray, *, count: int) -> NDArray:
        """Return the float32 vector (``count``,) of bytes and block scales."""

    def encode_ternary(self, x: NDArray, key: CodingKey) -> tuple[NDArray, NDArray]:
        """Return bytes (ceil(P / 5),) uint8 and scales (ceil(P / 256),) int32 of a float32 vector (P,).

        Defined in ``mathcore/codecs/levels.py`` and ``ternary.py``. A block with NaN or infinity has the scale -1.
        """

    def decode_ternary(self, packed: NDArray, scales: NDArray, *, count: int) -> NDArray:
        """Return the float32 vector (``count``,) of bytes and block scales."""
