"""Joining, parting and repeating against NumPy, on both backends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mathcore.backends.base import Backend
from mathcore.errors import DTypeError, ShapeError
from mathcore.functions import joining as ours
from tests.mathcore.functions.test_manipulation import DTYPES, SHAPES, Shape, assert_is, numbers


@settings(deadline=None, max_examples=50)
@given(data=st.data(), shape=hnp.array_shapes(max_dims=4, min_side=0, max_side=5), dtype=st.sampled_from(DTYPES))
def test_arrays_are_joined_and_parted_as_in_numpy(
    backend: Backend, data: st.DataObject, shape: Shape, dtype: str
) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    lengths = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    front = axis % len(shape)
    hosts = [numbers(dtype, *shape[:front], length, *shape[front + 1 :]) for length in lengths]
    arrays = [backend.asarray(host) for host in hosts]
    assert_is(ours.concat(arrays, axis=axis), np.concatenate(hosts, axis))
    assert_is(ours.concat(arrays, axis=None), np.concatenate(hosts, None))
    same = [numbers(dtype, *shape), numbers(dtype, *shape)[::-1].copy()]
    place = data.draw(st.integers(-len(shape) - 1, len(shape)))
    assert_is(ours.stack([backend.asarray(host) for host in same], axis=place), np.stack(same, place))
    parts = ours.unstack(backend.asarray(same[0]), axis=axis)
    assert isinstance(parts, tuple)
    for part, expected in zip(parts, np.moveaxis(same[0], axis, 0), strict=True):
        assert_is(part, expected)


@settings(deadline=None, max_examples=50)
@given(data=st.data(), shape=SHAPES, dtype=st.sampled_from(DTYPES))
def test_elements_and_arrays_are_repeated_as_in_numpy(
    backend: Backend, data: st.DataObject, shape: Shape, dtype: str
) -> None:
    host = numbers(dtype, *shape)
    x = backend.asarray(host)
    counts = tuple(data.draw(st.lists(st.integers(0, 3), max_size=5)))
    assert_is(ours.tile(x, counts), np.tile(host, counts))
    count = data.draw(st.integers(0, 3))
    assert_is(ours.repeat(x, count), np.repeat(host, count))
    if shape:
        axis = data.draw(st.integers(-len(shape), len(shape) - 1))
        assert_is(ours.repeat(x, count, axis=axis), np.repeat(host, count, axis))
        each = data.draw(hnp.arrays(np.int32, shape[axis], elements=st.integers(0, 3)))
        assert_is(ours.repeat(x, backend.asarray(each), axis=axis), np.repeat(host, each, axis))


def test_joined_arrays_are_promoted(backend: Backend) -> None:
    x = backend.asarray(numbers("int32", 2))
    assert_is(ours.concat([x, backend.asarray(numbers("float32", 1))]), np.array([5, 10, 5], np.float32)[[0, 1, 2]])
    assert_is(ours.stack([x, backend.asarray(numbers("uint8", 2))]), np.array([[5, 10], [5, 10]], np.int32))
    assert_is(ours.concat([x, np.array([1], np.int32)]), np.array([5, 10, 1], np.int32))


def test_repeats_of_one_element_serve_all(backend: Backend) -> None:
    x = backend.asarray([1, 2, 3])
    assert ours.repeat(x, [2]).tolist() == [1, 1, 2, 2, 3, 3]
    assert ours.repeat(x, (0, 1, 2)).tolist() == [2, 3, 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ours.concat([]), "concat: expected at least one array, got none"),
        (lambda x: ours.concat([x, x[:, :1]]), r"concat: expected shapes .* along axis 0 only, got \(2, 3\), \(2, 1\)"),
        (lambda x: ours.concat([x, x[0]]), "concat: expected shapes that differ along axis 0 only"),
        (lambda x: ours.concat([x[0, 0]]), "concat: expected an axis of an array with 0 axes"),
        (lambda x: ours.stack([]), "stack: expected at least one array, got none"),
        (lambda x: ours.stack([x, x[:1]]), r"stack: expected arrays of one shape, got \(2, 3\), \(1, 3\)"),
        (lambda x: ours.stack([x], axis=3), "stack: expected an axis of an array with 3 axes, got 3"),
        (lambda x: ours.unstack(x, axis=2), "unstack: expected an axis of an array with 2 axes, got 2"),
        (lambda x: ours.repeat(x, [1, 2, 3], axis=0), "repeat: expected 1 or 2 repeats, none negative"),
        (lambda x: ours.repeat(x, -1), "repeat: expected 1 or 6 repeats, none negative, got -1"),
        (lambda x: ours.tile(x, (-1,)), "tile: expected repetitions of 0 or more"),
    ],
)
def test_what_does_not_fit_is_refused(backend: Backend, call: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        call(backend.zeros((2, 3)))


def test_repeats_are_whole_numbers(backend: Backend) -> None:
    with pytest.raises(DTypeError, match="repeat: expected whole numbers as repeats, got float64"):
        ours.repeat(backend.zeros((2,)), 1.5)
