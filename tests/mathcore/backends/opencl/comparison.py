"""Making the same array on two backends, and comparing what they return."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.backend import OpenCLBackend

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


def assert_within_ulps(actual: np.ndarray, exact: np.ndarray, *, ulps: float) -> None:
    """Assert that float32 values are at most so many units in the last place from float64 ones.

    Infinities, NaN and the signs of zeros are to be those of ``exact`` rounded to float32.
    """
    assert (actual.shape, actual.dtype) == (exact.shape, np.dtype(np.float32))
    with np.errstate(over="ignore", under="ignore"):
        rounded = exact.astype(np.float32)
    ordinary = np.isfinite(rounded) & np.isfinite(actual)
    np.testing.assert_array_equal(actual[~ordinary], rounded[~ordinary])
    np.testing.assert_array_equal(np.signbit(actual[rounded == 0]), np.signbit(rounded[rounded == 0]))
    error = np.abs(actual[ordinary] - exact[ordinary]) / np.spacing(np.abs(rounded[ordinary])).astype(np.float64)
    assert error.max(initial=0.0) <= ulps, f"{error.max():.2f} units in the last place at {np.argmax(error)}"


def product(
    device: OpenCLBackend, multiply: Callable[..., None], a: np.ndarray, b: np.ndarray, *, transposed: tuple[bool, bool]
) -> np.ndarray:
    """Return A @ B as ``multiply`` computes it from operands laid out as ``transposed`` says."""
    (rows, inner), columns = a.shape, b.shape[1]
    x, w = (
        device.asarray(np.ascontiguousarray(matrix.T if turned else matrix))
        for matrix, turned in zip((a, b), transposed, strict=True)
    )
    y = device.asarray(np.full((rows, columns), np.nan, np.float32))
    multiply(
        device.queue, x.data, w.data, y.data,
        rows=rows, columns=columns, inner=inner, transpose_a=transposed[0], transpose_b=transposed[1],
    )  # fmt: skip
    return y.numpy()
