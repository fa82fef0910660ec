"""Reductions against NumPy along every axis, and sums whose error does not grow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.reduction import GPU_PART
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_close, assert_same_bits, random_array
from tests.mathcore.backends.opencl.widths import KINDS, WIDTHS, open_as

OPERATIONS = ["sum", "prod", "mean", "max", "min", "argmax", "argmin", "any", "all"]
EXACT = ["sum", "prod", "max", "min", "argmax", "argmin", "any", "all"]
CASES = [((3, 4, 5), 0), ((3, 4, 5), 1), ((3, 4, 5), -1), ((3, 4, 5), None), ((), None), ((1,), 0), ((9_000, 3), 0)]
LONG = [((100_003,), None), ((70_001, 3), 0), ((2, 33_000), 1), ((2, 1_300, 140), 1)]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("shape", "axis"), CASES + LONG, ids=str)
def test_reductions_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, operation: str, shape: tuple[int, ...], axis: int | None
) -> None:
    values = np.asarray(random_array(*shape))
    if operation == "prod":
        values = 1 + values / 500
    actual, expected = (backend.reduce(operation, backend.asarray(values), axis) for backend in (device, reference))
    # NumPy's own float32 sums of 9,000 rows err by up to 1e-5 of the largest, products of 70,000 by 1e-4.
    assert_close(actual, expected, tolerance={"sum": 2e-5, "mean": 2e-5, "prod": 2e-4}.get(operation, 0))


@pytest.mark.parametrize("operation", EXACT)
@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_whole_numbers_and_truth_values_agree_exactly(
    device: OpenCLBackend, reference: NumpyBackend, operation: str, dtype: str
) -> None:
    values = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 250, (5, 60, 7)).astype(dtype)
    for axis in (0, 1, 2, None):
        actual, expected = (backend.reduce(operation, backend.asarray(values), axis) for backend in (device, reference))
        assert_same_bits(actual, expected)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    outer=st.integers(0, 3), length=st.integers(0, 70), inner=st.integers(0, 40),
    operation=st.sampled_from(EXACT), dtype=st.sampled_from(["int32", "uint8"]), seed=st.integers(0, 99),
)  # fmt: skip
def test_reductions_of_any_shape_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend,
    outer: int, length: int, inner: int, operation: str, dtype: str, seed: int,
) -> None:  # fmt: skip
    low, high = (-(2**31), 2**31) if dtype == "int32" else (0, 256)
    values = np.random.default_rng(seed).integers(low, high, (outer, length, inner)).astype(dtype)
    try:
        expected = reference.reduce(operation, reference.asarray(values), 1)
    except ShapeError:
        with pytest.raises(ShapeError, match=f"{operation}: expected at least one element"):
            device.reduce(operation, device.asarray(values), 1)
    else:
        assert_same_bits(device.reduce(operation, device.asarray(values), 1), expected)


@pytest.mark.parametrize("kind", WIDTHS)
def test_reductions_are_right_with_any_vector_width_and_on_gpus(
    reference: NumpyBackend, tmp_path: Path, kind: str
) -> None:
    device = open_as(kind, tmp_path)
    for shape, axis in [((3, 37), 1), ((2, 37, 21), 1), *LONG[:2]]:
        values = random_array(*shape)
        for operation in ("sum", "max", "argmin"):
            actual, expected = (
                backend.reduce(operation, backend.asarray(values), axis) for backend in (device, reference)
            )
            assert_close(actual, expected, tolerance=2e-5 if operation == "sum" else 0)


def test_sums_do_not_depend_on_how_many_compute_units_there_are(device: OpenCLBackend, tmp_path: Path) -> None:
    if device.queue.tuning.vector != KINDS["64 units"][0]:
        pytest.skip("the pretended device has another vector width")
    larger = open_as("64 units", tmp_path)
    for shape, axis in LONG:
        values = random_array(*shape)
        one, other = (backend.reduce("sum", backend.asarray(values), axis) for backend in (device, larger))
        assert_same_bits(one, other)


@pytest.mark.parametrize(("shape", "axis"), [((1_000_000,), None), ((1_000, 1_000), 1), ((100_000, 7), 0)], ids=str)
def test_a_long_sum_is_as_good_as_one_in_float64(
    device: OpenCLBackend, shape: tuple[int, ...], axis: int | None
) -> None:
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    wanted = values.sum(axis, dtype=np.float64)
    # The sum is rounded once more (2^-24 = 6e-8), those of its parts before as well.
    np.testing.assert_allclose(device.reduce("sum", device.asarray(values), axis).numpy(), wanted, rtol=1e-7)


def test_what_cancels_out_leaves_the_small_numbers_of_a_part(device: OpenCLBackend) -> None:
    values = np.concatenate([np.tile(np.array([3e8, -3e8], np.float32), 32), np.full(GPU_PART - 64, 0.25, np.float32)])
    shuffled = np.random.default_rng(0).permutation(values)
    assert device.reduce("sum", device.asarray(shuffled), None).item() == (GPU_PART - 64) / 4


def test_sums_and_products_of_int32_wrap(device: OpenCLBackend) -> None:
    values = device.asarray(np.full((40, 3), 2**30 + 1, np.int32))
    assert device.reduce("sum", values, 0).numpy().tolist() == [40] * 3
    assert device.reduce("prod", values, None).item() == 120 * 2**30 % 2**31 + 1


def test_the_sum_of_nothing_is_zero_and_other_reductions_of_nothing_are_refused(device: OpenCLBackend) -> None:
    nothing = device.zeros((0, 3))
    for operation, value in {"sum": 0, "prod": 1, "any": False, "all": True, "mean": np.nan}.items():
        for axis, shape in ((0, (3,)), (None, ())):
            np.testing.assert_array_equal(device.reduce(operation, nothing, axis).numpy(), np.full(shape, value))
        assert device.reduce(operation, nothing, 1).shape == (0,)
    for operation in ("max", "min", "argmax", "argmin"):
        with pytest.raises(ShapeError, match=f"{operation}: expected at least one element"):
            device.reduce(operation, nothing, 0)


@pytest.mark.parametrize("operation", ["sum", "mean", "max", "min", "prod"])
def test_nan_and_infinity_are_passed_on(device: OpenCLBackend, operation: str) -> None:
    for size in (3, 100):
        values = np.ones(size, np.float32)
        values[1] = np.inf
        if operation != "min":
            assert device.reduce(operation, device.asarray(values), None).item() == np.inf
        values[size // 2] = np.nan
        assert np.isnan(device.reduce(operation, device.asarray(values), None).item())
        assert np.isnan(device.reduce(operation, device.asarray(values.reshape(-1, 1)), 0).numpy()).all()
    assert np.isnan(device.reduce("sum", device.asarray([np.inf, 1.0, -np.inf]), None).item())


@pytest.mark.parametrize(("operation", "best"), [("argmax", 3.0), ("argmin", -3.0)])
def test_the_place_of_an_extreme_is_that_of_the_first_or_of_the_first_nan(
    device: OpenCLBackend, operation: str, best: float
) -> None:
    for places, size in (((1, 2), 4), ((9, 70), 100), ((2_049, 40_000), 70_000)):
        values = np.zeros(size, np.float32)
        values[list(places)] = best
        for x, axis in ((values, 0), (np.stack([values] * 5, 1), 0)):
            assert (device.reduce(operation, device.asarray(x), axis).numpy() == places[0]).all()
            x[places[1] :] = np.nan
            assert (device.reduce(operation, device.asarray(x), axis).numpy() == places[1]).all()
            x[0] = np.nan
            assert (device.reduce(operation, device.asarray(x), axis).numpy() == 0).all()
            x[0], x[places[1] :] = 0, 0


def test_places_beyond_those_that_float32_can_count_are_exact(device: OpenCLBackend) -> None:
    values = np.zeros(2**24 + 5, np.uint8)
    values[2**24 + 1 :] = 7
    assert device.reduce("argmax", device.asarray(values), None).item() == 2**24 + 1


def test_anything_but_zero_is_true(device: OpenCLBackend) -> None:
    x = device.asarray(np.array([[0.0, -0.0, 0.0], [1.0, np.nan, 1e-45]], np.float32))
    assert device.reduce("any", x, 1).numpy().tolist() == [False, True]
    assert device.reduce("all", x, 1).numpy().tolist() == [False, True]


def test_a_mean_of_whole_numbers_is_refused(device: OpenCLBackend) -> None:
    with pytest.raises(DTypeError, match="mean: expected float32, got int32"):
        device.reduce("mean", device.zeros((3,), np.int32), None)


def test_what_is_no_reduction_or_no_axis_is_refused(device: OpenCLBackend) -> None:
    with pytest.raises(DTypeError, match="expected one of all, any, argmax.*got reduction 'median'"):
        device.reduce("median", device.zeros((3,)), None)
    with pytest.raises(ShapeError, match="sum: expected an axis of shape"):
        device.reduce("sum", device.zeros((3,)), 1)
