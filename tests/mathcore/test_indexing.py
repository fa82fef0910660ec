"""Indexing, reading and writing, against NumPy on both backends."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mathcore
from mathcore import indexing
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import DeviceError, DTypeError, ShapeError
from mathcore.keys import parse

DTYPES = ("float32", "int32", "uint8", "bool")
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
Shape = tuple[int, ...]


def numbers(dtype: str, shape: Shape) -> np.ndarray:
    """Return numbers that tell places apart."""
    return (np.arange(1, 1 + np.prod(shape, dtype=int)) * 5 % 253).reshape(shape).astype(dtype)


@st.composite
def keys(draw: st.DrawFn, shape: Shape) -> tuple[Any, ...]:
    """Return a key that NumPy may still refuse: index arrays are not made to broadcast."""
    key: list[Any] = []
    together = draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    axis = 0
    while axis < len(shape):
        length = shape[axis]
        kinds = ["slice", "new", "truth", "mask", "stop"] + ["int", "array", "array"] * (length > 0)
        kind = draw(st.sampled_from(kinds))
        if kind == "int":
            as_type: list[Callable[[int], Any]] = [int, np.int64, np.array]
            key.append(draw(st.sampled_from(as_type))(draw(st.integers(-length, length - 1))))
        elif kind == "slice":
            key.append(draw(st.slices(length)))
        elif kind == "new":
            key.append(None)
        elif kind == "truth":
            as_truth: list[Callable[[bool], Any]] = [bool, np.bool_, np.array]
            key.append(draw(st.sampled_from(as_truth))(draw(st.booleans())))
        elif kind == "mask":
            ndim = draw(st.integers(1, min(2, len(shape) - axis)))
            key.append(draw(hnp.arrays(np.bool_, shape[axis : axis + ndim])))
            axis += ndim - 1
        elif kind == "array":
            side = together[draw(st.integers(0, len(together))) :]
            dtype = draw(st.sampled_from([np.int32, np.int64, np.int8]))
            key.append(draw(hnp.arrays(dtype, side, elements=st.integers(-length, length - 1))))
        else:
            break
        axis += kind not in ("new", "truth")
    if draw(st.booleans()):
        # A mask stays at its axes: where others have no elements, NumPy takes one that does not fit them.
        moves = axis < len(shape) and any(getattr(item, "dtype", None) == np.bool_ for item in key)
        key.insert(len(key) if moves else draw(st.integers(0, len(key))), Ellipsis)
    return tuple(key)


def given_to(backend: Backend, key: tuple[Any, ...], forms: list[str]) -> tuple[Any, ...]:
    """Return a key with its arrays as they are, as lists, or on the device."""
    return tuple(
        item
        if not isinstance(item, np.ndarray) or form == "as it is"
        else item.tolist()
        if form == "list" and item.size  # an empty list does not say its type
        else backend.asarray(item if item.dtype == bool else item.astype(np.int32))
        for item, form in zip(key, itertools.cycle(forms), strict=False)
    )


FORMS = st.lists(st.sampled_from(["as it is", "list", "device"]), min_size=1, max_size=5)


@settings(deadline=None, max_examples=300)
@given(data=st.data(), shape=SHAPES, dtype=st.sampled_from(DTYPES), forms=FORMS)
def test_any_key_reads_and_writes_what_it_does_in_numpy(
    backend: Backend, data: st.DataObject, shape: Shape, dtype: str, forms: list[str]
) -> None:
    host = numbers(dtype, shape)
    x, key = backend.asarray(host), data.draw(keys(shape))
    ours = given_to(backend, key, forms)
    try:
        expected = np.asarray(host[key])
    except IndexError:
        with pytest.raises(IndexError):
            x[ours]
        with pytest.raises(IndexError):
            x[ours] = numbers(dtype, ())
        return
    part = x[ours]
    assert (part.shape, part.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(part.numpy(), expected)

    drop = data.draw(st.integers(0, expected.ndim))
    value = numbers("uint8" if dtype == "float32" else dtype, expected.shape[drop:])
    value = value.max(axis=0, keepdims=True) if value.ndim and value.shape[0] and data.draw(st.booleans()) else value
    host[key] = value
    x[ours] = backend.asarray(value) if data.draw(st.booleans()) else value
    np.testing.assert_array_equal(x.numpy(), host)


@settings(deadline=None, max_examples=100)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=6))
def test_keys_of_others_read_and_write_what_they_do_in_numpy(
    backend: Backend, data: st.DataObject, shape: Shape
) -> None:
    """Keys as the authors of hypothesis make them."""
    host = numbers("int32", shape)
    x = backend.asarray(host)
    key = data.draw(
        st.one_of(
            hnp.basic_indices(shape, allow_newaxis=True),
            hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)),
            hnp.arrays(np.bool_, shape),
        )
    )
    expected = np.asarray(host[key])
    np.testing.assert_array_equal(x[key].numpy(), expected)
    host[key] = value = numbers("int32", expected.shape)
    x[key] = value
    np.testing.assert_array_equal(x.numpy(), host)


@pytest.mark.parametrize("on", ["host", "device"])
def test_many_places_are_worked_out_on_the_device(
    backend: Backend, on: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "MOST_ON_HOST", 10)
    host = numbers("float32", (30, 4, 20, 3))
    x, rows, columns = backend.asarray(host), np.arange(-30, 30, 7)[:, None], np.array([3, -1, 0, 3], np.int32)
    form = ["device" if on == "device" else "as it is"]
    keys: tuple[tuple[Any, ...], ...] = (
        (rows, slice(None), columns),
        (rows, slice(1, 3), columns, slice(2)),
        (slice(None, None, -3), 1, columns),
    )
    for key in keys:
        ours = given_to(backend, key, form)
        np.testing.assert_array_equal(x[ours].numpy(), host[key])
        host[key] = value = numbers("float32", host[key].shape)
        x[ours] = value
        np.testing.assert_array_equal(x.numpy(), host)


def test_whole_rows_are_moved_as_rows(backend: Backend) -> None:
    x = backend.asarray(numbers("int32", (9, 5, 4)))
    selection = indexing._select(x, parse(x, ([1, 2], slice(None, None, 2))))
    assert (selection.outer, selection.row) == ((2, 3), 4)
    assert indexing._select(x, parse(x, np.array([[1, 2]]))).row == 20


def test_parts_are_copies(backend: Backend) -> None:
    x = backend.asarray([1, 2, 3])
    part, whole = x[1:], x[...]
    x[:] = 0
    assert (part.tolist(), whole.tolist()) == ([2, 3], [1, 2, 3])


def test_a_part_may_be_set_to_another_part_of_itself(backend: Backend) -> None:
    x = backend.asarray(np.arange(12).reshape(3, 4).astype(np.int32))
    x[::-1] = x
    x[:, 1:] = x[:, :-1]
    assert x.tolist() == [[8, 8, 9, 10], [4, 4, 5, 6], [0, 0, 1, 2]]
    y = backend.asarray([2, 0, 1])
    y[y] = y
    assert y.tolist() == [0, 1, 2]


def test_a_mask_takes_a_number_without_waiting(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    host = numbers("float32", (4, 5))
    x = backend.asarray(host)
    mask, rows = x > 20, backend.asarray([True, False, False, True])
    monkeypatch.setattr(type(backend), "to_numpy", None)
    monkeypatch.setattr(type(backend), "nonzero", None)
    x[mask] = 0
    x[rows] = x[0, 0]
    monkeypatch.undo()
    host[host > 20] = 0
    host[[0, 3]] = host[0, 0]
    np.testing.assert_array_equal(x.numpy(), host)


@pytest.mark.parametrize("index", [7, -6, np.int64(5), [0, 7], np.array([[-6]]), np.array([4, 5], np.uint8)], ids=repr)
def test_places_out_of_range_name_index_axis_and_length(backend: Backend, index: Any) -> None:
    x, bad = backend.zeros((2, 5)), np.asarray(index)
    bad = bad[(bad < -5) | (bad > 4)].item()
    forms: list[Any] = [index]
    if np.ndim(index):
        array = np.asarray(index)
        forms.append(backend.asarray(array if array.dtype == np.uint8 else array.astype(np.int32)))
    for form in forms:
        with pytest.raises(IndexError, match=rf"index {bad} is out of range for axis 1 of length 5"):
            x[:, form]
        with pytest.raises(IndexError, match=rf"index {bad} is out of range for axis 1 of length 5"):
            x[:, form] = 1
    with pytest.raises(IndexError, match="index 0 is out of range for axis 0 of length 0"):
        backend.zeros((0,))[[0]]
    assert not x.numpy().any()


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ((0, 0, 0), r"expected at most 2 indices for an array of shape \(2, 3\), got 3"),
        ((..., ...), "expected at most one ellipsis, got 2"),
        (([0, 1], [0, 1, 2]), r"expected index arrays whose shapes broadcast, got \(2,\) and \(3,\)"),
        (np.ones(3, bool), r"expected a bool index of shape \(2,\) for an array of shape \(2, 3\), got \(3,\)"),
        (1.0, "expected int, slices, .* or bool, got 1.0"),
        (np.ones(2), "got an array of float64; convert it with astype"),
        ("a", "got 'a'"),
    ],
    ids=str,
)
def test_keys_that_do_not_fit_are_refused(backend: Backend, key: Any, message: str) -> None:
    x = backend.zeros((2, 3))
    for action in (lambda: x[key], lambda: indexing.put(x, key, 0)):
        with pytest.raises(IndexError, match=message):
            action()


def test_slices_without_a_step_are_refused(backend: Backend) -> None:
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        backend.zeros((3,))[::0]


def test_values_keep_to_the_kind_of_the_array(backend: Backend) -> None:
    whole, small, truth = backend.zeros((2,), "int32"), backend.zeros((2,), "uint8"), backend.zeros((2,), bool)
    for x, value in ((whole, 1.5), (small, np.float32(1)), (truth, 1), (whole, [0.5, 1]), (small, backend.zeros((2,)))):
        with pytest.raises(DTypeError, match=rf"x\[key\] = value: expected values that {x.dtype} can hold.*astype"):
            x[:] = value
    with pytest.raises(DTypeError, match="expected numbers that uint8 can hold, got 256"):
        small[0] = 256
    with pytest.raises(DTypeError, match="expected numbers that uint8 can hold, got -1"):
        small[:] = [3, -1]
    small[:] = backend.asarray([257, 3])  # the wider type of the same kind wraps, as in a conversion
    whole[0] = True
    x = backend.zeros((3,))
    x[0], x[1], x[2] = 1, np.float64(2.5), backend.asarray(np.uint8(3))
    assert (small.tolist(), whole.tolist(), x.tolist()) == ([1, 3], [1, 0], [1.0, 2.5, 3.0])
    whole[[]] = []
    assert whole.tolist() == [1, 0]


def test_values_that_do_not_broadcast_are_refused(backend: Backend) -> None:
    x = backend.zeros((2, 3))
    for key in (slice(None), [0, 1], np.ones((2, 3), bool)):
        with pytest.raises(ShapeError, match=r"x\[key\] = value: expected a shape that broadcasts to"):
            x[key] = [1.0, 2.0]
    x[0] = [[[1.0, 2.0, 3.0]]]
    assert x[0].tolist() == [1.0, 2.0, 3.0]


def test_arrays_of_another_device_are_refused(backend: Backend) -> None:
    x, other = backend.zeros((3,)), _other(backend).asarray([1])
    with pytest.raises(DeviceError, match="expected an index on"):
        x[other]
    with pytest.raises(DeviceError, match="expected a value on"):
        x[0] = other


def test_an_array_of_one_whole_number_is_an_index(backend: Backend) -> None:
    x, i = backend.asarray([5, 6, 7]), backend.asarray(2)
    assert (x[i].shape, x[i].item(), x[i:].tolist(), x[:i].tolist()) == ((), 7, [7], [5, 6])
    with contextlib.suppress(TypeError):
        x[backend.asarray([2]) :]
        pytest.fail("an array with axes was taken for a bound")


def _other(backend: Backend) -> Backend:
    name = "numpy" if backend.name == "opencl" else "opencl"
    other: Backend = mathcore.device(name).backend
    assert isinstance(other.zeros((1,)), NDArray)
    return other
