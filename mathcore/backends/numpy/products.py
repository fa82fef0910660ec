"""Matrix products of NumPy arrays."""

from __future__ import annotations

import numpy as np

from mathcore.backends.shapes import matmul_batched_shape, matmul_shape


def matmul(a: np.ndarray, b: np.ndarray, *, transpose_a: bool, transpose_b: bool) -> np.ndarray:
    """Return the matrix product of ``a`` and ``b``, each given transposed if so flagged."""
    matmul_shape(a.shape, b.shape, transpose_a=transpose_a, transpose_b=transpose_b)
    product: np.ndarray = (a.T if transpose_a else a) @ (b.T if transpose_b else b)
    return product


def matmul_batched(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the products (B, M, N) of matrices (B, M, K) and (B, K, N) of one element type; whole numbers wrap.

    Raises:
        ShapeError: if the shapes do not fit.
    """
    matmul_batched_shape(a.shape, b.shape)
    return np.asarray(a @ b)
