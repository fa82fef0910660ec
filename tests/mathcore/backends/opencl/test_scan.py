"""Running sums and products against NumPy along every axis, long ones in parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits, random_array
from tests.mathcore.backends.opencl.widths import KINDS, WIDTHS, open_as

CASES = [((1,), 0), ((37,), 0), ((3, 4, 5), 0), ((3, 4, 5), 1), ((3, 4, 5), -1), ((500, 21), 0), ((9, 1000), 1)]
LONG = [((100_003,), 0), ((70_001, 3), 0), ((2, 33_000), 1)]


def assert_running(device: OpenCLBackend, operation: str, values: np.ndarray, axis: int) -> None:
    """Assert that float32 results are as near to exact ones as roundings of up to 1,000 additions leave them."""
    actual = device.scan(operation, device.asarray(values), axis)
    assert (actual.shape, actual.dtype) == (values.shape, values.dtype)
    function = np.cumsum if operation == "sum" else np.cumprod
    wanted = function(values, axis=axis, dtype=np.float64)
    np.testing.assert_allclose(actual.numpy(), wanted, rtol=1e-4, atol=6e-8 * 1000 * np.abs(wanted).max(initial=0))


@pytest.mark.parametrize("operation", ["sum", "prod"])
@pytest.mark.parametrize(("shape", "axis"), CASES + LONG, ids=str)
def test_running_results_agree_with_float64(
    device: OpenCLBackend, operation: str, shape: tuple[int, ...], axis: int
) -> None:
    values = random_array(*shape)
    assert_running(device, operation, values if operation == "sum" else 1 + values / 500, axis)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    outer=st.integers(0, 3), length=st.integers(0, 70), inner=st.integers(0, 40), axis=st.integers(-3, 2),
    operation=st.sampled_from(["sum", "prod"]), dtype=st.sampled_from(["int32", "uint8", "bool"]),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_running_results_of_whole_numbers_wrap_as_in_numpy(
    device: OpenCLBackend, reference: NumpyBackend,
    outer: int, length: int, inner: int, axis: int, operation: str, dtype: str, seed: int,
) -> None:  # fmt: skip
    low, high = {"int32": (-(2**31), 2**31), "uint8": (0, 256), "bool": (0, 2)}[dtype]
    values = np.random.default_rng(seed).integers(low, high, (outer, length, inner)).astype(dtype)
    actual, expected = (backend.scan(operation, backend.asarray(values), axis) for backend in (device, reference))
    assert_same_bits(actual, expected)


def test_long_running_sums_of_whole_numbers_are_exact(device: OpenCLBackend, reference: NumpyBackend) -> None:
    for shape, axis in LONG:
        values = np.random.default_rng(0).integers(-1000, 1000, shape).astype(np.int32)
        actual, expected = (backend.scan("sum", backend.asarray(values), axis) for backend in (device, reference))
        assert_same_bits(actual, expected)


@pytest.mark.parametrize("kind", WIDTHS)
def test_running_sums_are_right_with_any_vector_width_and_on_gpus(tmp_path: Path, kind: str) -> None:
    device = open_as(kind, tmp_path)
    for shape, axis in [((3, 37), 1), ((2, 37, 21), 1), *LONG]:
        assert_running(device, "sum", random_array(*shape), axis)


@pytest.mark.parametrize(("shape", "axis"), LONG, ids=str)
def test_running_sums_of_positive_numbers_never_fall(device: OpenCLBackend, shape: tuple[int, ...], axis: int) -> None:
    sums = device.scan("sum", device.asarray(np.abs(random_array(*shape))), axis).numpy()
    assert (np.diff(sums, axis=axis) >= 0).all()


def test_running_results_do_not_depend_on_how_many_compute_units_there_are(
    device: OpenCLBackend, tmp_path: Path
) -> None:
    if device.queue.tuning.vector != KINDS["64 units"][0]:
        pytest.skip("the pretended device has another vector width")
    larger = open_as("64 units", tmp_path)
    for shape, axis in LONG:
        values = random_array(*shape)
        one, other = (backend.scan("sum", backend.asarray(values), axis) for backend in (device, larger))
        assert_same_bits(one, other)


def test_nan_goes_on_from_where_it_is(device: OpenCLBackend) -> None:
    values = np.ones(100, np.float32)
    values[50] = np.nan
    sums = device.scan("sum", device.asarray(values), 0).numpy()
    assert sums[:50].tolist() == list(range(1, 51))
    assert np.isnan(sums[50:]).all()


def test_what_is_no_running_operation_or_no_axis_is_refused(device: OpenCLBackend) -> None:
    with pytest.raises(DTypeError, match="expected one of prod, sum, got running 'max'"):
        device.scan("max", device.zeros((3,)), 0)
    with pytest.raises(ShapeError, match="running sum: expected an axis of shape"):
        device.scan("sum", device.zeros((3,)), 1)
