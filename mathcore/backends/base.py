"""What a backend provides: the primitives on arrays, and those of layers and training.

NumPy is the specification, OpenCL is tested against it. Arrays are C-contiguous. Images are (N, H, W, C); convolution
weights are (KH, KW, C, O); linear weights are (I, O). ``stride``, ``pad`` and ``ksize`` are pairs (height, width).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mathcore.backends.array_backend import ArrayBackend, MemoryInfo, Pair, Shape

if TYPE_CHECKING:
    from mathcore.array import NDArray

__all__ = ["ArrayBackend", "Backend", "MemoryInfo", "Pair", "Shape"]


class Backend(ArrayBackend, Protocol):
    """One device and all operations on its arrays."""

    # Convolution and linear

    def convolution_2d(self, x: NDArray, w: NDArray, b: NDArray | None, *, stride: Pair, pad: Pair) -> NDArray:
        """Return the cross-correlation (N, OH, OW, O) of ``x`` with ``w``, plus ``b`` (O,)."""

    def convolution_2d_data_gradient(
        self, dy: NDArray, w: NDArray, *, x_shape: Shape, stride: Pair, pad: Pair
    ) -> NDArray:
        """Return ``dx`` of shape ``x_shape``."""

    def convolution_2d_weight_gradient(
        self, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None, *, stride: Pair, pad: Pair
    ) -> None:
        """Write the gradients of the weights and the bias into ``dw`` and ``db``."""

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

    # Activations

    def relu(self, x: NDArray) -> NDArray:
        """Return max(x, 0)."""

    def relu_gradient(self, dy: NDArray, y: NDArray) -> NDArray:
        """Return ``dy`` where ``y`` > 0, else 0."""

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

    def softmax_cross_entropy(self, logits: NDArray, labels: NDArray) -> tuple[NDArray, NDArray]:
        """Return the mean loss () and the probabilities (N, C); labels (N,) int32."""

    def softmax_cross_entropy_gradient(self, probabilities: NDArray, labels: NDArray, dloss: NDArray) -> NDArray:
        """Return (probabilities - onehot(labels)) * dloss / N."""

    def count_correct(self, logits: NDArray, labels: NDArray) -> NDArray:
        """Return how many rows have their first maximum at the label, int32 ()."""

    # Training. The same bits on every backend: one rounding an operation, no contraction.

    def accumulate(self, total: NDArray, x: NDArray, weight: float) -> None:
        """Set total = total + float32(weight) * x."""

    def momentum_update(
        self, parameters: NDArray, velocity: NDArray, gradient: NDArray,
        *, learning_rate: float, momentum: float, weight_decay: float,
    ) -> None:
        """Set v = momentum * v - learning_rate * (gradient + weight_decay * w), then w = w + v, in place."""

    # Codecs

    def encode_dynamic8(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """Return codes (P,) uint8 and scales (ceil(P / 256),) float32 of a float32 vector (P,).

        Defined in ``mathcore/codecs/dynamic_tree.py``. A block with NaN or infinity has a scale that is not finite.
        """

    def decode_dynamic8(self, codes: NDArray, scales: NDArray) -> NDArray:
        """Return the float32 vector (P,) of codes and block scales."""
