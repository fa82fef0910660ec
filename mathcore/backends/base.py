"""The primitives that a backend provides; NumPy is the specification, OpenCL is tested against it.

Arrays are C-contiguous. Images are (N, H, W, C); convolution weights are (KH, KW, C, O); linear
weights are (I, O). ``stride``, ``pad`` and ``ksize`` are pairs (height, width). The NumPy backend also takes
float64 throughout, for gradient checks; devices hold float32, int32, uint8 and bool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

if TYPE_CHECKING:
    from mathcore.array import NDArray

Pair = tuple[int, int]
Shape = tuple[int, ...]


class Backend(Protocol):
    """One device and the operations on its arrays.

    Attributes:
        name: ``"numpy"`` or ``"opencl"``.
        device: the device's name for people.
        equivalence_class: names all that the bits of a gradient depend on: backend, device kind,
            driver or library version, vector width, digest of the kernel set.
    """

    name: str
    device: str
    equivalence_class: str

    # Memory

    def asarray(self, values: Any, dtype: DTypeLike | None = None) -> NDArray:
        """Copy host values (NumPy array, nested list or scalar) into a new array."""

    def to_numpy(self, x: NDArray) -> np.ndarray:
        """Copy ``x`` to a new host array; waits for the device."""

    def empty(self, shape: Shape, dtype: DTypeLike = np.float32) -> NDArray:
        """Return an array whose values are undefined."""

    def zeros(self, shape: Shape, dtype: DTypeLike = np.float32) -> NDArray:
        """Return an array of zeros."""

    def view(self, x: NDArray, offset: int, shape: Shape) -> NDArray:
        """Return the ``shape`` elements of the flat ``x`` from ``offset`` on; shares memory with ``x``.

        ``offset`` must be a multiple of 256 elements (devices bind views as aligned sub-buffers).
        """

    def reshape(self, x: NDArray, shape: Shape) -> NDArray:
        """Return ``x`` under another shape of the same size; shares memory with ``x``."""

    def copy(self, source: NDArray, destination: NDArray) -> None:
        """Copy all elements; same shape and dtype."""

    def write(self, destination: NDArray, values: np.ndarray) -> None:
        """Overwrite ``destination`` with host values of the same shape and dtype."""

    # Arrays

    def elementwise(self, operation: str, *operands: NDArray) -> NDArray:
        """Apply a named operation with broadcasting.

        Operations: negative, abs, exp, log, sqrt, tanh, add, subtract, multiply, divide, maximum,
        minimum, pow, equal, less, less_equal (the comparisons give bool).
        """

    def matmul(self, a: NDArray, b: NDArray, *, transpose_a: bool = False, transpose_b: bool = False) -> NDArray:
        """Return the product of two matrices (M, K) and (K, N), each given transposed if so flagged."""

    def reduce(self, operation: str, x: NDArray, axis: int | None) -> NDArray:
        """Reduce by ``sum``, ``mean``, ``max``, ``min`` or ``argmax`` (int32) along one axis, or all (None)."""

    def transpose(self, x: NDArray, axes: tuple[int, ...]) -> NDArray:
        """Return a copy with the axes permuted."""

    # Layers

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

    def relu(self, x: NDArray) -> NDArray:
        """Return max(x, 0)."""

    def relu_gradient(self, dy: NDArray, y: NDArray) -> NDArray:
        """Return ``dy`` where ``y`` > 0, else 0."""

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

    def encode_dynamic8(self, x: NDArray) -> tuple[NDArray, NDArray]:
        """Return codes (P,) uint8 and scales (ceil(P / 256),) float32 of a float32 vector (P,).

        Defined in ``mathcore/codecs/dynamic_tree.py``. A block with NaN or infinity has a scale that is not finite.
        """

    def decode_dynamic8(self, codes: NDArray, scales: NDArray) -> NDArray:
        """Return the float32 vector (P,) of codes and block scales."""
