"""How operands meet: devices, element types, Python numbers, lists and NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mathcore
from mathcore.backends import Backend
from mathcore.errors import DeviceError, DTypeError, ShapeError
from mathcore.functions.operands import normalize_axes, normalize_axis, to_array, to_arrays


@pytest.mark.parametrize(
    ("other", "dtype"),
    [
        (2, "int32"),
        (True, "int32"),
        (1.5, "float32"),
        ([1, 2], "int32"),
        ([1.0, 2.0], "float32"),
        (np.array([1, 2], np.uint8), "int32"),
        (np.float32(4), "float32"),
    ],
)
def test_what_stands_beside_an_int32_array(backend: Backend, other: Any, dtype: str) -> None:
    x = backend.asarray([1, 2])
    a, b = to_arrays("add", x, other)
    assert (a.dtype, b.dtype, b.backend) == (np.dtype(dtype), np.dtype(dtype), backend)
    np.testing.assert_array_equal(b.numpy(), np.asarray(other, dtype))


def test_arrays_of_one_type_are_taken_as_they_are(backend: Backend) -> None:
    x, y = backend.asarray([1.0]), backend.asarray([2.0])
    a, b = to_arrays("add", x, y)
    assert a is x
    assert b is y


def test_a_number_that_the_type_cannot_hold_is_refused(backend: Backend) -> None:
    x = backend.asarray(np.array([1], np.uint8))
    for number in (256, -1):
        with pytest.raises(DTypeError, match=f"add: expected a number that uint8 can hold, got {number}"):
            to_arrays("add", x, number)


def test_a_float64_array_beside_one_on_a_device_is_refused_and_held_by_numpy() -> None:
    values = np.zeros(2)
    with pytest.raises(DTypeError, match="add: .*float64"):
        to_arrays("add", mathcore.ones(2, device="opencl"), values)
    assert to_arrays("add", mathcore.ones(2, device="numpy"), values)[0].dtype == np.float64


def test_arrays_of_two_devices_are_refused_with_what_to_do() -> None:
    with pytest.raises(DeviceError, match=r"add: expected arrays of one device.*to_device"):
        to_arrays("add", mathcore.ones(2, device="opencl"), mathcore.ones(2, device="numpy"))


def test_numbers_alone_meet_on_the_default_device(backend: Backend) -> None:
    with mathcore.device(backend):
        a, b = to_arrays("add", 1, 2.5)
    assert a.backend is backend
    assert a.dtype == b.dtype == mathcore.float32


def test_values_go_to_the_default_device_or_beside_another_array(backend: Backend) -> None:
    x = backend.asarray([1.0])
    assert to_array("sum", [1, 2], x).backend is backend
    assert to_array("sum", x) is x
    with mathcore.device(backend):
        assert to_array("sum", [1, 2]).backend is backend


def test_axes_are_counted_from_the_front() -> None:
    assert normalize_axis("sum", -1, 3) == 2
    assert normalize_axes("sum", None, 2) == (0, 1)
    assert normalize_axes("sum", (-1, 0), 3) == (0, 2)
    assert normalize_axes("sum", 1, 3) == (1,)
    with pytest.raises(ShapeError, match="sum: expected an axis of an array with 2 axes, got 2"):
        normalize_axis("sum", 2, 2)
    with pytest.raises(ShapeError, match="each axis once"):
        normalize_axes("sum", (0, -2), 2)
