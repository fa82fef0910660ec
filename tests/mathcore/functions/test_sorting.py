"""Sorting along any axis, on both backends against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mathcore
from mathcore.backends.base import Backend
from mathcore.errors import ShapeError


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=hnp.arrays(st.sampled_from(["int32", "uint8"]), hnp.array_shapes(max_dims=3, min_side=0, max_side=30)),
    data=st.data(), descending=st.booleans(),
)  # fmt: skip
def test_arrays_are_sorted_along_any_axis(
    backend: Backend, values: np.ndarray, data: st.DataObject, descending: bool
) -> None:
    axis = data.draw(st.integers(-values.ndim, values.ndim - 1))
    x = backend.asarray(values)
    wanted = np.sort(values, axis=axis)
    ordered = mathcore.sort(x, axis=axis, descending=descending)
    assert ordered.dtype == values.dtype
    assert np.array_equal(ordered.numpy(), np.flip(wanted, axis) if descending else wanted)
    places = mathcore.argsort(x, axis=axis, descending=descending, stable=False)
    assert places.dtype == np.int32
    assert np.array_equal(np.take_along_axis(values, places.numpy(), axis), ordered.numpy())
    if not descending:
        assert np.array_equal(places.numpy(), np.argsort(values, axis=axis, kind="stable"))


def test_equal_elements_keep_their_order_and_nan_is_largest(backend: Backend) -> None:
    x = backend.asarray([1.0, np.nan, 0.0, 1.0, -0.0, np.inf])
    assert mathcore.argsort(x).tolist() == [2, 4, 0, 3, 5, 1]
    assert mathcore.argsort(x, descending=True).tolist() == [1, 5, 0, 3, 2, 4]


def test_arrays_without_that_axis_are_refused(backend: Backend) -> None:
    for name in ("sort", "argsort"):
        with pytest.raises(ShapeError, match=f"^{name}: expected an axis"):
            getattr(mathcore, name)(backend.asarray(1.0))
        with pytest.raises(ShapeError, match=f"^{name}: expected an axis"):
            getattr(mathcore, name)(backend.zeros((2, 3)), axis=2)
