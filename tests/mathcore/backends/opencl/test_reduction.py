"""Reductions against NumPy along every axis, and sums whose error does not grow."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_close, assert_same_bits, random_array

CASES = [((3, 4, 5), 0), ((3, 4, 5), 1), ((3, 4, 5), -1), ((3, 4, 5), None), ((), None), ((1,), 0), ((9_000, 3), 0)]


@pytest.mark.parametrize("operation", ["sum", "mean", "max", "min", "argmax"])
@pytest.mark.parametrize(("shape", "axis"), [*CASES, ((100_003,), None)], ids=str)
def test_reductions_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, operation: str, shape: tuple[int, ...], axis: int | None
) -> None:
    values = np.asarray(random_array(*shape))
    actual, expected = (backend.reduce(operation, backend.asarray(values), axis) for backend in (device, reference))
    # NumPy's own float32 sums of 9,000 rows err by up to 1e-5 of the largest.
    assert_close(actual, expected, tolerance=2e-5 if operation in ("sum", "mean") else 0)


@pytest.mark.parametrize("operation", ["sum", "max", "min", "argmax"])
@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_whole_numbers_and_truth_values_agree_exactly(
    device: OpenCLBackend, reference: NumpyBackend, operation: str, dtype: str
) -> None:
    values = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 250, (5, 6, 7)).astype(dtype)
    for axis in (0, 2, None):
        actual, expected = (backend.reduce(operation, backend.asarray(values), axis) for backend in (device, reference))
        assert_same_bits(actual, expected)


def test_a_long_sum_is_as_good_as_one_in_float64(device: OpenCLBackend) -> None:
    values = np.random.default_rng(0).random(1_000_000).astype(np.float32)
    wanted = values.sum(dtype=np.float64)
    assert abs(device.asarray(values).sum().item() - wanted) <= 1e-7 * wanted


def test_the_sum_of_nothing_is_zero_and_other_reductions_of_nothing_are_refused(device: OpenCLBackend) -> None:
    nothing = device.zeros((0, 3))
    np.testing.assert_array_equal(nothing.sum(0).numpy(), np.zeros(3, np.float32))
    assert nothing.sum().item() == 0
    with pytest.raises(ShapeError, match="max: expected at least one element"):
        nothing.max(0)


@pytest.mark.parametrize("operation", ["sum", "mean", "max", "min"])
def test_nan_and_infinity_are_passed_on(device: OpenCLBackend, operation: str) -> None:
    assert np.isnan(device.reduce(operation, device.asarray([1.0, np.nan, 2.0]), None).item())
    if operation != "min":
        assert device.reduce(operation, device.asarray([1.0, np.inf, 2.0]), None).item() == np.inf


def test_argmax_gives_the_first_of_equal_maxima_and_the_first_nan(device: OpenCLBackend) -> None:
    assert device.asarray([1.0, 3.0, 3.0]).argmax().item() == 1
    assert device.asarray([1.0, np.nan, 3.0, np.nan]).argmax().item() == 1


def test_a_mean_of_whole_numbers_is_refused(device: OpenCLBackend) -> None:
    with pytest.raises(DTypeError, match="mean: expected float32, got int32"):
        device.zeros((3,), np.int32).mean()
