"""Changing shapes and orders against NumPy, on both backends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mathcore
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import DeviceError, ShapeError
from mathcore.functions import manipulation as ours

DTYPES = ("float32", "int32", "uint8", "bool")
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
Shape = tuple[int, ...]


def numbers(dtype: str, *shape: int) -> np.ndarray:
    """Return numbers that tell places apart."""
    return (np.arange(1, 1 + np.prod(shape, dtype=int)) * 5 % 253).reshape(shape).astype(dtype)


def assert_is(actual: NDArray, expected: np.ndarray) -> None:
    """Assert same shape, type and elements."""
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(actual.numpy(), expected)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), shape=SHAPES, dtype=st.sampled_from(DTYPES))
def test_orders_change_as_in_numpy(backend: Backend, data: st.DataObject, shape: Shape, dtype: str) -> None:
    host, ndim = numbers(dtype, *shape), len(shape)
    x = backend.asarray(host)
    some = tuple(data.draw(st.lists(st.integers(-ndim, ndim - 1), unique_by=lambda i: i % ndim))) if ndim else ()
    order = tuple(data.draw(st.permutations(range(ndim))))
    shifts = tuple(data.draw(st.integers(-9, 9)) for _ in some)
    assert_is(ours.flip(x, axis=some), np.flip(host, some))
    assert_is(ours.flip(x), np.flip(host))
    assert_is(ours.permute_dims(x, order), host.transpose(order))
    assert_is(ours.permute_dims(x, tuple(i - ndim for i in order)), host.transpose(order))
    assert_is(ours.moveaxis(x, some, order[: len(some)]), np.moveaxis(host, some, order[: len(some)]))
    assert_is(ours.roll(x, shifts, axis=some), np.roll(host, shifts, some) if ndim else host)
    assert_is(ours.roll(x, -7), np.roll(host, -7))


@settings(deadline=None, max_examples=60)
@given(data=st.data(), shape=SHAPES, dtype=st.sampled_from(DTYPES))
def test_shapes_change_as_in_numpy(backend: Backend, data: st.DataObject, shape: Shape, dtype: str) -> None:
    host = numbers(dtype, *shape)
    x = backend.asarray(host)
    count = data.draw(st.integers(1, 3))
    ndim = len(shape) + count
    places = st.lists(st.integers(-ndim, ndim - 1), min_size=count, max_size=count, unique_by=lambda i: i % ndim)
    new = tuple(data.draw(places))
    expanded = ours.expand_dims(x, new)
    assert_is(expanded, np.expand_dims(host, new))
    assert_is(ours.squeeze(expanded, new), host)
    wide = data.draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=4)) + tuple(
        length if length != 1 else data.draw(st.integers(0, 3)) for length in shape
    )
    assert_is(ours.broadcast_to(x, wide), np.broadcast_to(host, wide))
    assert_is(ours.reshape(x, shape[::-1]), host.reshape(shape[::-1]))
    if host.size:
        assert_is(ours.reshape(x, (1, -1)), host.reshape(1, -1))
        assert_is(ours.reshape(x, -1), host.reshape(-1))


def test_one_axis_need_not_be_a_tuple(backend: Backend) -> None:
    host = numbers("int32", 2, 1, 3)
    x = backend.asarray(host)
    assert_is(ours.flip(x, axis=-1), np.flip(host, -1))
    assert_is(ours.roll(x, 1, axis=2), np.roll(host, 1, 2))
    assert_is(ours.roll(x, 1, axis=(0, 2)), np.roll(host, 1, (0, 2)))
    assert_is(ours.roll(x, (1, 1), axis=(2, 2)), np.roll(host, (1, 1), (2, 2)))
    assert_is(ours.squeeze(x, 1), host.squeeze(1))
    assert_is(ours.expand_dims(x, -1), host[..., None])
    assert_is(ours.moveaxis(x, 0, -1), np.moveaxis(host, 0, -1))


def test_arrays_broadcast_each_in_its_own_type(backend: Backend) -> None:
    a, b, c = numbers("int32", 3, 1), numbers("float32", 4), numbers("bool")
    made = ours.broadcast_arrays(*(backend.asarray(x) for x in (a, b, c)))
    assert isinstance(made, tuple)
    for actual, expected in zip(made, np.broadcast_arrays(a, b, c), strict=True):
        assert_is(actual, expected)
    assert_is(ours.broadcast_arrays(backend.asarray(a), [1.0, 2.0])[1], np.array([[1, 2]] * 3, np.float32))
    assert ours.broadcast_arrays() == ()
    assert ours.broadcast_shapes((3, 1), (4,), ()) == (3, 4)
    assert ours.broadcast_shapes() == ()


def test_reshaping_shares_memory_unless_a_copy_is_asked_for(backend: Backend) -> None:
    x = backend.asarray([1, 2, 3, 4])
    shared, copied = ours.reshape(x, (2, 2)), ours.reshape(x, (2, 2), copy=True)
    x[0] = 9
    assert (shared.tolist(), copied.tolist()) == ([[9, 2], [3, 4]], [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ours.reshape(x, (4, 2)), r"reshape: expected a shape of 6 elements for \(2, 3\), got \(4, 2\)"),
        (lambda x: ours.reshape(x, (-1, 4)), r"reshape: expected a shape of 6 elements .*, got \(-1, 4\)"),
        (lambda x: ours.reshape(x, (-1, -1)), "reshape: expected a shape of 6 elements"),
        (lambda x: ours.reshape(x, (-2, -3)), "reshape: expected a shape of 6 elements"),
        (lambda x: ours.squeeze(x, 0), r"squeeze: expected axes of length 1, got axes 0 of shape \(2, 3\)"),
        (lambda x: ours.expand_dims(x, (0, 0)), "expand_dims: expected each axis once"),
        (lambda x: ours.expand_dims(x, 3), "expand_dims: expected an axis of an array with 3 axes, got 3"),
        (lambda x: ours.broadcast_to(x, (3, 3)), r"broadcast_to: expected a shape that broadcasts to \(3, 3\)"),
        (lambda x: ours.broadcast_to(x, (3,)), r"broadcast_to: expected a shape that broadcasts to \(3,\)"),
        (lambda x: ours.broadcast_arrays(x, [1, 2]), "broadcast_arrays: expected shapes that broadcast"),
        (lambda x: ours.broadcast_shapes((2,), (3,)), "broadcast_shapes: expected shapes that broadcast"),
        (lambda x: ours.permute_dims(x, (0, 0)), r"permute_dims: expected each axis of shape \(2, 3\) once"),
        (lambda x: ours.moveaxis(x, (0, 1), 0), "moveaxis: expected as many positions as axes"),
        (lambda x: ours.moveaxis(x, (0, 0), (0, 1)), "moveaxis: expected each axis once"),
        (lambda x: ours.flip(x, axis=2), "flip: expected an axis of an array with 2 axes, got 2"),
        (lambda x: ours.roll(x, (1, 2)), "roll: expected one shift without axes"),
        (lambda x: ours.roll(x, (1, 2), axis=0), "roll: expected as many shifts as axes"),
    ],
)
def test_what_does_not_fit_is_refused(backend: Backend, call: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        call(backend.zeros((2, 3)))


def test_arrays_of_two_devices_do_not_broadcast() -> None:
    arrays = [mathcore.zeros((2,), device=name) for name in ("numpy", "opencl")]
    with pytest.raises(DeviceError, match="broadcast_arrays: expected arrays of one device"):
        ours.broadcast_arrays(*arrays)
