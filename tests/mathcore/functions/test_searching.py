"""Places of extremes and of what is not 0, places in sorted vectors, and choosing, on both backends against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mathcore
from mathcore.backends.base import Backend
from mathcore.errors import DTypeError, ShapeError


def assert_same(x: mathcore.NDArray, wanted: Any, dtype: Any = np.int32) -> None:
    assert (x.shape, x.dtype) == (np.shape(wanted), np.dtype(dtype))
    np.testing.assert_array_equal(x.numpy(), wanted)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_places_of_extremes(backend: Backend, axis: int | None, keepdims: bool) -> None:
    values = np.random.default_rng(0).integers(0, 5, (3, 4, 5)).astype(np.float32)
    for name in ("argmax", "argmin"):
        result = getattr(mathcore, name)(backend.asarray(values), axis=axis, keepdims=keepdims)
        assert_same(result, getattr(np, name)(values, axis=axis, keepdims=keepdims))


def test_places_of_extremes_are_those_of_the_first_nan(backend: Backend) -> None:
    x = backend.asarray([1.0, np.nan, 9.0, np.nan])
    assert mathcore.argmax(x).item() == mathcore.argmin(x).item() == 1
    with pytest.raises(ShapeError, match="^argmax: expected at least one element"):
        mathcore.argmax(backend.zeros((0,)))
    with pytest.raises(ShapeError, match="^argmin: expected an axis"):
        mathcore.argmin(x, axis=1)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=hnp.arrays(st.sampled_from(["bool", "int32"]), hnp.array_shapes(min_dims=1, max_dims=4, min_side=0)))
def test_what_is_not_zero_is_found_and_counted(backend: Backend, values: np.ndarray) -> None:
    x = backend.asarray(values)
    places = mathcore.nonzero(x)
    assert isinstance(places, tuple)
    for place, wanted in zip(places, np.nonzero(values), strict=True):
        assert_same(place, wanted)
    assert_same(mathcore.count_nonzero(x), np.count_nonzero(values))
    assert_same(mathcore.count_nonzero(x, axis=0, keepdims=True), np.count_nonzero(values, axis=0, keepdims=True))


def test_nan_is_not_zero_and_negative_zero_is(backend: Backend) -> None:
    x = backend.asarray([[0.0, np.nan], [-0.0, 0.5]])
    assert mathcore.count_nonzero(x, axis=(0, 1)).item() == 2
    assert [place.tolist() for place in mathcore.nonzero(x)] == [[0, 1], [1, 1]]
    with pytest.raises(ShapeError, match="^nonzero: expected at least one axis"):
        mathcore.nonzero(backend.asarray(1.0))


@pytest.mark.parametrize("side", ["left", "right"])
def test_places_in_a_sorted_vector(backend: Backend, side: Any) -> None:
    ordered = np.array([-1.0, 0.0, 0.0, 2.5, np.inf, np.nan], np.float32)
    values = np.array([[0.0, -5.0, 2.5], [3.0, np.nan, np.inf]], np.float32)
    assert_same(
        mathcore.searchsorted(backend.asarray(ordered), backend.asarray(values), side=side),
        np.searchsorted(ordered, values, side=side),
    )
    assert_same(mathcore.searchsorted(backend.asarray(ordered), 1, side=side), 3)
    assert_same(mathcore.searchsorted(backend.asarray([1, 5, 9]), backend.asarray([1.5]), side=side), [1])


def test_a_sorter_names_the_order(backend: Backend) -> None:
    values = np.array([5, 1, 4, 2], np.int32)
    x, sorter = backend.asarray(values), backend.asarray(np.argsort(values).astype(np.int32))
    assert_same(mathcore.searchsorted(x, backend.asarray([3, 5]), sorter=sorter), [2, 3])
    assert_same(mathcore.searchsorted(x[:0], backend.asarray([3]), sorter=sorter[:0]), [0])
    with pytest.raises(IndexError, match="^searchsorted: expected a sorter of places 0 to 3, got 0 to 4$"):
        mathcore.searchsorted(x, x, sorter=backend.asarray([0, 1, 2, 4]))
    with pytest.raises(ShapeError, match="^searchsorted: expected vectors of one length"):
        mathcore.searchsorted(x, x, sorter=backend.asarray([0, 1]))
    with pytest.raises(DTypeError, match="^searchsorted: expected a sorter of whole numbers"):
        mathcore.searchsorted(x, x, sorter=backend.asarray([0.0, 1, 2, 3]))


def test_elements_are_chosen_by_a_condition(backend: Backend) -> None:
    condition = backend.asarray(np.array([[True], [False]]))
    x = backend.asarray([1, 2, 3])
    assert_same(mathcore.where(condition, x, x + 10), [[1, 2, 3], [11, 12, 13]])
    assert_same(mathcore.where(condition, x, -1), [[1, 2, 3], [-1, -1, -1]])
    assert_same(mathcore.where(condition, 0.5, x), [[0.5] * 3, [1, 2, 3]], np.float32)
    assert_same(mathcore.where(condition, 1, 2), [[1], [2]])
    assert_same(mathcore.where(condition, 1, 2.5), [[1], [2.5]], np.float32)
    assert_same(mathcore.where([True, False], x[:2], 0), [1, 0])
    with pytest.raises(DTypeError, match="^where: expected a bool condition, got int32"):
        mathcore.where(x, x, x)
    with pytest.raises(ShapeError, match="^where: expected shapes that broadcast"):
        mathcore.where(condition, x, backend.zeros((4,), np.int32))
