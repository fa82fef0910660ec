"""Different elements and membership, on both backends against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mathcore
from mathcore.backends.base import Backend
from mathcore.errors import DTypeError

SHAPES = hnp.array_shapes(max_dims=3, min_side=0, max_side=12)
ARRAYS = hnp.arrays(st.sampled_from(["int32", "float32"]), SHAPES, elements=st.integers(0, 6))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=ARRAYS)
def test_different_elements_are_those_of_numpy(backend: Backend, values: np.ndarray) -> None:
    x = backend.asarray(values)
    wanted, first, inverse, counts = np.unique(values, return_index=True, return_inverse=True, return_counts=True)
    everything = mathcore.unique_all(x)
    assert everything._fields == ("values", "indices", "inverse_indices", "counts")
    for result, expected in zip(everything, (wanted, first, inverse.reshape(values.shape), counts), strict=True):
        assert np.array_equal(result.numpy(), expected)
        assert result.shape == expected.shape
    assert everything.values.dtype == values.dtype
    assert {result.dtype for result in everything[1:]} == {np.dtype(np.int32)}
    assert np.array_equal(mathcore.unique_values(x).numpy(), wanted)
    by_count, by_inverse = mathcore.unique_counts(x), mathcore.unique_inverse(x)
    assert (by_count._fields, by_inverse._fields) == (("values", "counts"), ("values", "inverse_indices"))
    assert np.array_equal(by_count.values.numpy(), wanted)
    assert np.array_equal(by_count.counts.numpy(), counts)
    assert np.array_equal(by_inverse.values.numpy(), wanted)
    assert np.array_equal(by_inverse.inverse_indices.numpy(), inverse.reshape(values.shape))


def test_every_nan_is_one_of_its_own(backend: Backend) -> None:
    x = backend.asarray([np.nan, 1.0, np.nan, 1.0, -0.0, 0.0])
    values, indices, inverse, counts = mathcore.unique_all(x)
    np.testing.assert_array_equal(values.numpy(), [0, 1, np.nan, np.nan])
    assert indices.tolist() == [4, 1, 0, 2]
    assert inverse.tolist() == [2, 1, 3, 1, 0, 0]
    assert counts.tolist() == [2, 2, 1, 1]
    assert mathcore.unique_values(x).size == 4


def test_arrays_without_axes_have_one_element(backend: Backend) -> None:
    values, indices, inverse, counts = mathcore.unique_all(backend.asarray(True))
    assert (values.tolist(), indices.tolist(), inverse.shape, counts.tolist()) == ([True], [0], (), [1])


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(elements=ARRAYS, others=ARRAYS, invert=st.booleans())
def test_membership_is_that_of_numpy(
    backend: Backend, elements: np.ndarray, others: np.ndarray, invert: bool
) -> None:
    result = mathcore.isin(backend.asarray(elements), backend.asarray(others), invert=invert)
    assert result.dtype == mathcore.bool
    assert result.shape == elements.shape
    assert np.array_equal(result.numpy(), np.isin(elements, others, invert=invert))


def test_nan_is_no_member_and_numbers_may_stand_for_arrays(backend: Backend) -> None:
    x = backend.asarray([1.0, np.nan, 3.0])
    assert mathcore.isin(x, x).tolist() == [True, False, True]
    assert mathcore.isin(x, x, invert=True).tolist() == [False, True, False]
    assert mathcore.isin(x, 3).tolist() == [False, False, True]
    assert mathcore.isin(3, x).item() is True
    with pytest.raises(DTypeError, match="^isin: expected a number that int32 can hold"):
        mathcore.isin(backend.asarray([1, 2]), 2**40)
