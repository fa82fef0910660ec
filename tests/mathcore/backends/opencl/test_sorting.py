"""Sorting and searching against NumPy, bit for bit: NaN, infinities, both zeros, equal elements in their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, MathcoreError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits
from tests.mathcore.backends.opencl.widths import WIDTHS, open_as

DTYPES = ["float32", "int32", "uint8", "bool"]
SHAPES = [(), (1,), (0,), (0, 3), (3, 0), (24,), (25,), (3, 4, 50), (2, 9_000), (70_001,)]


def values_of(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return values of which many are equal; float32 with everything that is special."""
    generator = np.random.default_rng(len(shape))
    if dtype == "int32":
        return generator.choice([-(2**31), -5, 0, 3, 2**31 - 1, *range(70_000, 70_300)], shape).astype(dtype)
    if dtype != "float32":
        return generator.integers(0, 2 if dtype == "bool" else 256, shape).astype(dtype)
    values = np.round(np.asarray(generator.standard_normal(shape)) * 40).astype(dtype)
    special = generator.choice(np.array([np.nan, -np.nan, np.inf, -np.inf, -0.0, 1e-45], dtype), shape)
    return np.where(generator.random(shape) < 0.2, special, values)


def assert_sorted_alike(
    device: OpenCLBackend, reference: NumpyBackend, values: np.ndarray, orders: tuple[bool, ...] = (False, True)
) -> None:
    for descending in orders:
        actual, expected = (
            backend.argsort(backend.asarray(values), descending=descending) for backend in (device, reference)
        )
        assert_same_bits(actual, expected)
        actual, expected = (
            backend.sort(backend.asarray(values), descending=descending) for backend in (device, reference)
        )
        assert actual.dtype == expected.dtype
        assert actual.numpy().tobytes() == expected.numpy().tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rows_are_sorted_as_in_numpy(
    device: OpenCLBackend, reference: NumpyBackend, dtype: str, shape: tuple[int, ...]
) -> None:
    values = values_of(dtype, shape)
    orders = (False, True) if dtype == "float32" or values.size < 1000 else (True,)  # each one compiles six programs
    assert_sorted_alike(device, reference, values, orders)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hnp.arrays(np.float32, hnp.array_shapes(max_dims=2, max_side=60)))
def test_any_float32_numbers_are_sorted_as_in_numpy(
    device: OpenCLBackend, reference: NumpyBackend, values: np.ndarray
) -> None:
    assert_sorted_alike(device, reference, values)


@pytest.mark.parametrize("kind", WIDTHS)
def test_sorting_is_right_with_any_vector_width_and_on_gpus(reference: NumpyBackend, tmp_path: Path, kind: str) -> None:
    device = open_as(kind, tmp_path)
    for shape in ((3, 20), (3, 400), (2, 9_000)):
        assert_sorted_alike(device, reference, values_of("float32", shape), (True,))


def test_descending_order_keeps_the_order_of_equal_elements(device: OpenCLBackend) -> None:
    x = device.asarray([1.0, 2.0, 1.0, 2.0, 0.0])
    assert device.argsort(x, descending=True).numpy().tolist() == [1, 3, 0, 2, 4]
    assert device.argsort(x).numpy().tolist() == [4, 0, 2, 1, 3]


def test_zeros_of_both_signs_are_equal_and_nan_is_last(device: OpenCLBackend) -> None:
    x = device.asarray(np.array([np.nan, 0.0, -0.0, np.inf, -1.0], np.float32))
    assert device.argsort(x).numpy().tolist() == [4, 1, 2, 3, 0]
    assert device.argsort(x, descending=True).numpy().tolist() == [0, 3, 1, 2, 4]
    assert np.signbit(device.sort(x).numpy()).tolist() == [True, False, True, False, False]


def test_what_is_sorted_stays_as_it_was(device: OpenCLBackend) -> None:
    values = values_of("float32", (9_000,))
    x = device.asarray(values)
    device.sort(x)
    device.argsort(x)
    assert x.numpy().tobytes() == values.tobytes()


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_places_of_values_are_those_of_numpy(
    device: OpenCLBackend, reference: NumpyBackend, dtype: str, side: str
) -> None:
    values = values_of(dtype, (7, 100))
    for size in (0, 1, 2, 1000):
        ordered = np.sort(values_of(dtype, (size,)))
        actual, expected = (
            backend.searchsorted(backend.asarray(ordered), backend.asarray(values), side=side)
            for backend in (device, reference)
        )
        assert_same_bits(actual, expected)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hnp.arrays(np.float32, st.integers(0, 50)), hnp.arrays(np.float32, st.integers(0, 50)),
    st.sampled_from(["left", "right"]),
)  # fmt: skip
def test_places_of_any_float32_numbers_are_those_of_numpy(
    device: OpenCLBackend, reference: NumpyBackend, ordered: np.ndarray, values: np.ndarray, side: str
) -> None:
    actual, expected = (
        backend.searchsorted(backend.asarray(np.sort(ordered)), backend.asarray(values), side=side)
        for backend in (device, reference)
    )
    assert_same_bits(actual, expected)


def test_searches_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    x = device.zeros((3,))
    with pytest.raises(ShapeError, match="searchsorted: expected an ordered vector"):
        device.searchsorted(device.zeros((2, 2)), x)
    with pytest.raises(DTypeError, match="searchsorted: expected values of float32, got int32"):
        device.searchsorted(x, device.zeros((3,), np.int32))
    with pytest.raises(MathcoreError, match="searchsorted: expected side 'left' or 'right', got 'middle'"):
        device.searchsorted(x, x, side="middle")
