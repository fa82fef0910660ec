"""Sums, products, extremes, means, spreads and running sums on both backends, against NumPy."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mathcore
from mathcore.backends.base import Backend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import random_array

AXES = [None, 0, -1, (0, 1), (1, 2), (0, 2), (2, 0), (0, 1, 2), ()]


def assert_near(x: mathcore.NDArray, wanted: Any, rtol: float = 1e-5) -> None:
    assert (x.shape, x.dtype) == (np.shape(wanted), np.dtype(np.float32))
    np.testing.assert_allclose(x.numpy(), wanted, rtol=rtol, atol=1e-5)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
def test_reductions_along_one_axis_or_several(backend: Backend, axis: Any, keepdims: bool) -> None:
    values = random_array(3, 4, 5)
    x = backend.asarray(values)
    for name in ("sum", "prod", "max", "min", "mean", "std", "var"):
        wanted = getattr(np, name)(values.astype(np.float64), axis=axis, keepdims=keepdims)
        assert_near(getattr(mathcore, name)(x, axis=axis, keepdims=keepdims), wanted)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=4), data=st.data(),
    name=st.sampled_from(["sum", "prod", "max", "min"]), dtype=st.sampled_from(["int32", "uint8"]),
)  # fmt: skip
def test_whole_numbers_along_any_axes(
    backend: Backend, shape: list[int], data: st.DataObject, name: str, dtype: str
) -> None:
    axes = tuple(data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True)))
    values = np.random.default_rng(len(shape)).integers(0, 200, shape).astype(dtype)
    result = getattr(mathcore, name)(backend.asarray(values), axis=axes)
    if name in ("sum", "prod"):
        with np.errstate(over="ignore"):
            wanted = getattr(np, name)(values, axis=axes, dtype=np.int32)
    else:
        wanted = getattr(np, name)(values, axis=axes)
    assert (result.shape, result.dtype) == (wanted.shape, wanted.dtype)
    assert np.array_equal(result.numpy(), wanted)


def test_narrow_types_are_summed_in_int32(backend: Backend) -> None:
    types = {"bool": "int32", "uint8": "int32", "int32": "int32", "float32": "float32"}
    if backend.name == "numpy":
        types |= {"int8": "int32", "int16": "int32", "uint16": "uint16", "int64": "int64", "float64": "float64"}
    for given_type, wanted in types.items():
        x = backend.asarray(np.ones((300,), given_type))
        for function in (mathcore.sum, mathcore.prod, mathcore.cumulative_sum, mathcore.cumulative_prod):
            assert function(x).dtype == wanted
        assert mathcore.sum(x).item() == 300
        assert mathcore.cumulative_sum(x).numpy()[-1] == 300


def test_sums_are_computed_in_the_type_that_is_named(backend: Backend) -> None:
    x = backend.asarray(np.full(300, 200, np.uint8))
    assert mathcore.sum(x, dtype="uint8").item() == 300 * 200 % 256
    assert mathcore.sum(x, dtype=mathcore.float32).dtype == mathcore.float32
    assert mathcore.prod(backend.asarray([1.5, 2.5]), dtype=mathcore.int32).item() == 2
    assert mathcore.cumulative_sum(x, dtype="float32").numpy()[-1] == 60_000


def test_reductions_of_nothing(backend: Backend) -> None:
    nothing = backend.zeros((2, 0, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mathcore.sum(nothing, axis=(0, 1)).numpy().tolist() == [0, 0, 0]
        assert mathcore.prod(nothing, axis=1).numpy().tolist() == [[1] * 3] * 2
        for function in (mathcore.mean, mathcore.var, mathcore.std):
            assert np.isnan(function(nothing, axis=1).numpy()).all()
            assert np.isnan(function(nothing).item())
    assert mathcore.max(nothing, axis=0).shape == (0, 3)
    for name in ("max", "min"):
        with pytest.raises(ShapeError, match=f"^{name}: expected at least one element along the axis[^\n]*$"):
            getattr(mathcore, name)(nothing, axis=1)


def test_arrays_without_axes_are_reduced_to_themselves(backend: Backend) -> None:
    x = backend.asarray(3.0)
    for function in (mathcore.sum, mathcore.prod, mathcore.max, mathcore.min, mathcore.mean):
        assert (function(x).item(), function(x, keepdims=True).shape) == (3, ())
    assert mathcore.var(x).item() == 0


@pytest.mark.parametrize("correction", [0, 1, 2.5, 4, 5])
def test_spreads_are_corrected(backend: Backend, correction: float) -> None:
    values = random_array(6, 4)
    x = backend.asarray(values)
    for name in ("var", "std"):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = getattr(np, name)(values.astype(np.float64), axis=1, ddof=correction)
        assert_near(getattr(mathcore, name)(x, axis=1, correction=correction), wanted)


def test_spreads_survive_a_large_mean(backend: Backend) -> None:
    values = np.random.default_rng(0).standard_normal((2, 5000)).astype(np.float32) + np.float32(10_000)
    # The mean is rounded to 10,000 * 6e-8 = 6e-4, which adds its square; values and deviations are exact.
    assert_near(mathcore.var(backend.asarray(values), axis=1), values.astype(np.float64).var(1), rtol=1e-4)


def test_nan_is_passed_on(backend: Backend) -> None:
    x = backend.asarray([[1.0, np.nan], [3.0, 4.0]])
    for function in (mathcore.sum, mathcore.prod, mathcore.max, mathcore.min, mathcore.mean, mathcore.var):
        assert np.isnan(function(x, axis=1).numpy()).tolist() == [True, False]


def test_means_and_spreads_of_whole_numbers_are_refused(backend: Backend) -> None:
    for name in ("mean", "var", "std"):
        with pytest.raises(DTypeError, match=f"^{name}: expected float32, got int32; convert it with astype$"):
            getattr(mathcore, name)(backend.asarray([1, 2]))


def test_axes_that_are_not_there_or_named_twice_are_refused(backend: Backend) -> None:
    x = backend.zeros((2, 3))
    for axis in (2, -3, (0, 2), (0, -2)):
        with pytest.raises(ShapeError, match="^sum: expected "):
            mathcore.sum(x, axis=axis)


@pytest.mark.parametrize("include_initial", [False, True])
def test_running_sums_and_products(backend: Backend, include_initial: bool) -> None:
    for shape, axis in itertools.product([(7,), (3, 4, 5), (2, 0, 3)], [0, -1]):
        values = random_array(*shape)
        for name, function, first in (("cumulative_sum", np.cumsum, 0), ("cumulative_prod", np.cumprod, 1)):
            wanted = function(values.astype(np.float64), axis=axis)
            if include_initial:
                wanted = np.insert(wanted, 0, first, axis)
            result = getattr(mathcore, name)(backend.asarray(values), axis=axis, include_initial=include_initial)
            assert_near(result, wanted)


def test_running_sums_of_vectors_need_no_axis(backend: Backend) -> None:
    assert mathcore.cumulative_sum(backend.asarray([1, 2, 3])).numpy().tolist() == [1, 3, 6]
    assert mathcore.cumulative_prod(backend.asarray([1, 2, 3]), include_initial=True).numpy().tolist() == [1, 1, 2, 6]
    for shape in ((), (2, 2)):
        with pytest.raises(ShapeError, match="^cumulative_sum: expected a vector where no axis is named"):
            mathcore.cumulative_sum(backend.zeros(shape))


def test_lists_and_numbers_are_taken(backend: Backend) -> None:
    with mathcore.device(backend):
        assert mathcore.sum([1, 2, 3]).item() == 6
        assert mathcore.max(7).backend is backend
