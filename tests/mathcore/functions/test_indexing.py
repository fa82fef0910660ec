"""Taking elements along an axis against NumPy, on both backends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mathcore.backends.base import Backend
from mathcore.errors import DTypeError, ShapeError
from mathcore.functions.indexing import take, take_along_axis
from tests.mathcore.functions.test_manipulation import DTYPES, Shape, assert_is, numbers


@settings(deadline=None, max_examples=60)
@given(data=st.data(), shape=hnp.array_shapes(max_dims=4, max_side=5), dtype=st.sampled_from(DTYPES), on=st.booleans())
def test_elements_are_taken_as_in_numpy(
    backend: Backend, data: st.DataObject, shape: Shape, dtype: str, on: bool
) -> None:
    host = numbers(dtype, *shape)
    x, axis = backend.asarray(host), data.draw(st.integers(-len(shape), len(shape) - 1))
    places = st.integers(-shape[axis], shape[axis] - 1)
    sizes = hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=5)
    at = data.draw(hnp.arrays(np.int32, sizes, elements=places))
    assert_is(take(x, backend.asarray(at) if on else at, axis=axis), np.take(host, at, axis))
    front = axis % len(shape)
    sides = [data.draw(st.sampled_from([1, side])) for side in shape]
    sides[front] = data.draw(st.integers(0, 6))
    along = data.draw(hnp.arrays(np.int32, tuple(sides), elements=places))
    actual = take_along_axis(x, backend.asarray(along) if on else along.tolist() if along.size else along, axis=axis)
    full = tuple(sides[place] if place == front else side for place, side in enumerate(shape))
    assert_is(actual, np.take_along_axis(host, np.broadcast_to(along, full), axis))


def test_the_only_axis_need_not_be_named(backend: Backend) -> None:
    x = backend.asarray([4, 5, 6])
    assert take(x, [2, -3]).tolist() == [6, 4]
    assert take_along_axis(x, backend.asarray([0, 0])).tolist() == [4, 4]
    assert take(x, []).shape == (0,)


def test_an_array_repeats_along_the_axes_in_which_it_is_one_long(backend: Backend) -> None:
    host, at = numbers("int32", 1, 3), np.array([[0], [2], [-1]], np.int32)
    assert_is(take_along_axis(backend.asarray(host), backend.asarray(at)), np.take_along_axis(host.repeat(3, 0), at, 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: take(x, [0]), r"take: expected an axis for an array of shape \(2, 3\), got None"),
        (lambda x: take(x, [0], axis=2), "take: expected an axis of an array with 2 axes, got 2"),
        (lambda x: take_along_axis(x, [0]), "take_along_axis: expected indices that broadcast to .* but for axis 1"),
        (lambda x: take_along_axis(x, [[0]] * 3), r"take_along_axis: .*, got \(3, 1\)"),
    ],
)
def test_what_does_not_fit_is_refused(backend: Backend, call: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        call(backend.zeros((2, 3)))


def test_places_are_whole_numbers_in_range(backend: Backend) -> None:
    x = backend.zeros((2, 3))
    for at in ([3], backend.asarray([3])):
        with pytest.raises(IndexError, match="index 3 is out of range for axis 1 of length 3"):
            take(x, at, axis=1)
        with pytest.raises(IndexError, match="index 3 is out of range for axis 1 of length 3"):
            take_along_axis(x, at if isinstance(at, list) and isinstance(at[0], list) else [[3]], axis=1)
    for bad in ([True, False], [0.5], backend.zeros((2,))):
        with pytest.raises(DTypeError, match="take: expected whole numbers as indices, got .*astype"):
            take(x, bad, axis=0)
