"""Gathering, scattering and finding elements against NumPy, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits
from tests.mathcore.backends.opencl.test_places import DTYPES, tuned, values

__all__ = ["tuned"]

COUNTS = [(), (0,), (1,), (5, 7), (300,), (20_001,)]


def places(size: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return places below ``size``, with repetitions."""
    return np.asarray(np.random.default_rng([size, *shape]).integers(0, size, shape), np.int32)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", COUNTS, ids=str)
def test_elements_and_rows_are_gathered_as_in_numpy(
    tuned: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...], dtype: str
) -> None:
    at = places(91, shape)
    for row in (1, 3, 40, 0):
        host = values(dtype, 91, row)
        actual, expected = (b.gather_rows(b.asarray(host), b.asarray(at)) for b in (tuned, reference))
        assert_same_bits(actual, expected)
    actual, expected = (b.gather(b.asarray(values(dtype, 7, 13)), b.asarray(at)) for b in (tuned, reference))
    assert_same_bits(actual, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", COUNTS, ids=str)
def test_of_repeated_places_the_last_one_counts(
    tuned: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...], dtype: str
) -> None:
    at = places(91, shape)
    for row in (1, 3, 40, 0):
        results = []
        for backend in (tuned, reference):
            x = backend.zeros((91, row), dtype)
            backend.scatter_rows(x, backend.asarray(at), backend.asarray(values(dtype, *shape, row)))
            results.append(x)
        assert_same_bits(*results)
    results = []
    for backend in (tuned, reference):
        x = backend.zeros((7, 13), dtype)
        backend.scatter(x, backend.asarray(at), backend.asarray(values(dtype, *shape)))
        results.append(x)
    assert_same_bits(*results)


def test_long_rows_are_shared_by_many_work_items(tuned: OpenCLBackend) -> None:
    host, at = values("float32", 3, 70_001), np.array([2, 0, 2], np.int32)
    x = tuned.asarray(host)
    moved = tuned.gather_rows(x, tuned.asarray(at))
    np.testing.assert_array_equal(moved.numpy(), host[at])
    tuned.scatter_rows(x, tuned.asarray(at), moved)
    np.testing.assert_array_equal(x.numpy(), host)


def test_values_that_share_memory_are_read_before_they_are_overwritten(tuned: OpenCLBackend) -> None:
    x = tuned.asarray(np.arange(1000, dtype=np.int32))
    tuned.scatter(x, tuned.asarray(np.arange(999, -1, -1, dtype=np.int32)), x)
    np.testing.assert_array_equal(x.numpy(), np.arange(999, -1, -1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [0, 1, 7, 4096, 100_003])
@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_what_is_not_zero_is_found_in_order(tuned: OpenCLBackend, size: int, dtype: str, share: float) -> None:
    host = (np.random.default_rng(size).random(size) < share).astype(dtype)
    found = tuned.nonzero(tuned.asarray(host))
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found.numpy(), np.flatnonzero(host))


def test_nan_is_not_zero_and_negative_zero_is(tuned: OpenCLBackend) -> None:
    x = tuned.asarray(np.array([[0.0, np.nan], [-0.0, np.inf]], np.float32))
    np.testing.assert_array_equal(tuned.nonzero(x).numpy(), [1, 3])


def test_values_of_another_type_are_refused(device: OpenCLBackend, reference: NumpyBackend) -> None:
    for backend in (device, reference):
        with pytest.raises(DTypeError, match="scatter: expected values of float32, got int32"):
            backend.scatter(backend.zeros((3,)), backend.asarray([0]), backend.asarray([1]))
