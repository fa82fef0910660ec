"""What a backend provides: the primitives on arrays, and those of layers and training.

NumPy is the specification, OpenCL is tested against it. Arrays are C-contiguous. Images are (N, H, W, C); convolution
weights are (KH, KW, C, O); linear weights are (I, O). ``stride``, ``pad`` and ``ksize`` are pairs (height, width).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from mathcore.backends.array_backend import ArrayBackend, MemoryInfo, Pair, Shape

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.update_program import UpdateProgram

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

    def max_pooling_2d(self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair) -> tuple[NDArray, NDArray]:
        """Return the maxima (N, OH, OW, C) and where each was, as uint8 row * KW + column (first on ties)."""

    def max_pooling_2d_gradient(
        self, dy: NDArray, positions: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
    ) -> NDArray:
        """Return ``dx`` of shape ``x_shape``; overlapping windows add up."""

    def average_pooling_2d(self, x: NDArray, *, ksize: Pair, stride: Pair, pad: Pair) -> NDArray:
        """Return the window means; padding counts as zeros, the divisor is always KH * KW."""

    def average_pooling_2d_gradient(
        self, dy: NDArray, *, x_shape: Shape, ksize: Pair, stride: Pair, pad: Pair
    ) -> NDArray:
        """Return ``dx`` of shape ``x_shape``."""

    # Activations

    def relu(self, x: NDArray) -> NDArray:
        """Return max(x, 0)."""

    def relu_gradient(self, dy: NDArray, y: NDArray) -> NDArray:
        """Return ``dy`` where ``y`` > 0, else 0."""

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
