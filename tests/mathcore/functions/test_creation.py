"""Creation functions, on both backends against NumPy."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mathcore
from mathcore.backends import Backend
from mathcore.errors import DeviceError, DTypeError, ShapeError
from mathcore.functions import creation

SHAPES = [(), (0,), (1,), (7,), (3, 0, 2), (3, 5), (2, 3, 4)]
DTYPES = ["float32", "int32", "uint8", "bool"]


def check(x: mathcore.NDArray, expected: Any, dtype: Any = None) -> None:
    wanted = np.asarray(expected, dtype)
    assert (x.shape, x.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_array_equal(x.numpy(), wanted)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_filled_arrays(backend: Backend, shape: tuple[int, ...], dtype: str) -> None:
    place = mathcore.device(backend)
    check(creation.zeros(shape, dtype=dtype, device=place), np.zeros(shape, dtype))
    check(creation.ones(shape, dtype=dtype, device=place), np.ones(shape, dtype))
    check(creation.full(shape, 3, dtype=dtype, device=place), np.full(shape, 3, dtype))
    assert creation.empty(shape, dtype=dtype, device=place).shape == shape
    like = creation.zeros(shape, dtype=dtype, device=place)
    check(creation.zeros_like(like), np.zeros(shape, dtype))
    check(creation.ones_like(like), np.ones(shape, dtype))
    check(creation.full_like(like, 1), np.full(shape, 1, dtype))
    check(creation.full_like(like, 2, dtype="int32"), np.full(shape, 2, "int32"))
    assert (creation.empty_like(like).shape, creation.empty_like(like).dtype) == (shape, like.dtype)


def test_defaults_are_float32_and_the_type_of_the_number(backend: Backend) -> None:
    place = mathcore.device(backend)
    assert creation.zeros(3, device=place).dtype == mathcore.float32
    assert creation.ones((), device=place).dtype == mathcore.float32
    assert creation.full(2, 7, device=place).dtype == mathcore.int32
    assert creation.full(2, 0.5, device=place).dtype == mathcore.float32
    assert creation.full(2, True, device=place).dtype == mathcore.bool


@settings(deadline=None, max_examples=40)
@given(start=st.integers(-50, 50), stop=st.integers(-50, 50), step=st.integers(-7, 7).filter(bool))
def test_ranges_of_whole_numbers(start: int, stop: int, step: int) -> None:
    check(creation.arange(start, stop, step, device="numpy"), np.arange(start, stop, step), "int32")


@pytest.mark.parametrize("arguments", [(5,), (2, 9), (0, 1, 0.1), (1.5, -1.5, -0.25), (3, 3)])
def test_ranges(backend: Backend, arguments: tuple[float, ...]) -> None:
    place = mathcore.device(backend)
    whole = all(isinstance(number, int) for number in arguments)
    check(creation.arange(*arguments, device=place), np.arange(*arguments), "int32" if whole else "float32")
    check(creation.arange(*arguments, dtype="float32", device=place), np.arange(*arguments), "float32")


def test_a_range_needs_a_step() -> None:
    with pytest.raises(ShapeError, match="step other than 0"):
        creation.arange(0, 5, 0)


@pytest.mark.parametrize(("num", "endpoint"), [(0, True), (1, True), (5, True), (4, False)])
def test_linspace(backend: Backend, num: int, endpoint: bool) -> None:
    x = creation.linspace(-1, 2, num, endpoint=endpoint, device=mathcore.device(backend))
    check(x, np.linspace(-1, 2, num, endpoint=endpoint), "float32")


def test_linspace_refuses_a_negative_number() -> None:
    with pytest.raises(ShapeError, match="num of 0 or more, got -1"):
        creation.linspace(0, 1, -1)


@pytest.mark.parametrize("k", [-4, -1, 0, 2, 6])
@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (0, 3)])
def test_eye(backend: Backend, shape: tuple[int, int], k: int) -> None:
    check(creation.eye(*shape, k=k, device=mathcore.device(backend)), np.eye(*shape, k=k), "float32")
    check(creation.eye(4, dtype="int32", device=mathcore.device(backend)), np.eye(4), "int32")


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (3, "int32"),
        (2.5, "float32"),
        (True, "bool"),
        ([1, 2, 3], "int32"),
        ([[1.5, 2], [3, 4]], "float32"),
        ([], "float32"),
        ((True, False), "bool"),
        (range(4), "int32"),
        (np.array([1, 2], np.uint8), "uint8"),
        (array.array("f", [1, 2]), "float32"),
        (b"ab", "uint8"),
        (memoryview(b"ab"), "uint8"),
        (np.float32(3), "float32"),
    ],
)
def test_values_of_the_host(backend: Backend, values: Any, dtype: str) -> None:
    x = creation.asarray(values, device=mathcore.device(backend))
    check(x, np.frombuffer(values, np.uint8) if isinstance(values, bytes) else np.asarray(values), dtype)


def test_values_are_converted_where_a_type_is_named(backend: Backend) -> None:
    place = mathcore.device(backend)
    check(creation.asarray([1, 2], dtype="float32", device=place), [1, 2], "float32")
    check(creation.asarray(np.array([1.0, 0.0]), dtype="bool", device=place), [True, False])
    check(creation.asarray(creation.asarray([1.7, -1.7], device=place), dtype="int32"), [1, -1], "int32")


def test_a_list_of_arrays_is_stacked(backend: Backend) -> None:
    row = creation.asarray([1.0, 2.0], device=mathcore.device(backend))
    check(creation.asarray([row, row], device=mathcore.device(backend)), [[1, 2], [1, 2]], "float32")


def test_an_array_stays_where_and_what_it_is_unless_a_copy_is_asked_for(backend: Backend) -> None:
    x = creation.asarray([1, 2, 3], device=mathcore.device(backend))
    assert creation.asarray(x) is x
    assert creation.asarray(x, copy=False) is x
    copied = creation.asarray(x, copy=True)
    copied[0] = 9
    check(x, [1, 2, 3], "int32")
    with pytest.raises(DeviceError, match="the type changes"):
        creation.asarray(x, dtype="float32", copy=False)
    with pytest.raises(DeviceError, match="they are copied"):
        creation.asarray([1, 2], device=mathcore.device(backend), copy=False)


def test_the_memory_of_a_numpy_array_is_not_shared(backend: Backend) -> None:
    values = np.zeros(3, np.float32)
    x = creation.asarray(values, device=mathcore.device(backend))
    values[0] = 5
    check(x, [0, 0, 0], "float32")


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([[1, 2], [3]], ShapeError, "ragged"),
        (["a"], DTypeError, "expected numbers"),
        (object(), DTypeError, "expected numbers, got object"),
        (np.array([1j]), DTypeError, "complex128"),
        (None, DTypeError, "NoneType"),
    ],
)
def test_what_is_no_number_is_refused(backend: Backend, values: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        creation.asarray(values, device=mathcore.device(backend))


def test_types_that_a_device_lacks_are_refused_there_and_held_by_numpy() -> None:
    for dtype in ("float64", "int64", "int8", "uint16", "uint64"):
        assert creation.zeros(2, dtype=dtype, device="numpy").dtype == dtype
        with pytest.raises(DTypeError, match=f"on a device, got {dtype}"):
            creation.zeros(2, dtype=dtype, device="opencl")


def test_lengths_below_zero_are_refused(backend: Backend) -> None:
    with pytest.raises(ShapeError, match="zeros: expected lengths of 0 or more"):
        creation.zeros((2, -1), device=mathcore.device(backend))


def test_arrays_of_other_libraries_come_through_dlpack(backend: Backend) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    check(creation.from_dlpack(values, device=mathcore.device(backend)), values)
