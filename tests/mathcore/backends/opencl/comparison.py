"""Making the same array on two backends, and comparing what they return."""

from __future__ import annotations

import numpy as np

from mathcore.array import NDArray

GENERATOR_SEED = 20


def random_array(*shape: int, seed: int = GENERATOR_SEED) -> np.ndarray:
    """Return normally distributed float32 numbers, the same for a shape and seed."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(np.float32)


def assert_close(actual: NDArray, expected: NDArray, *, tolerance: float) -> None:
    """Assert same shape and dtype, and that no element differs by more than ``tolerance`` times the largest magnitude.

    Sums run in another order, with fused multiply-adds, so the error of an element goes with the magnitudes that were
    summed rather than with the element itself.
    """
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    got, wanted = actual.numpy().astype(np.float64), expected.numpy().astype(np.float64)
    largest = np.abs(wanted).max(initial=0.0)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * max(largest, 1e-30))


def assert_same_bits(actual: NDArray, expected: NDArray) -> None:
    """Assert same shape, dtype and bytes."""
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(actual.numpy(), expected.numpy())
    assert actual.numpy().tobytes() == expected.numpy().tobytes()
