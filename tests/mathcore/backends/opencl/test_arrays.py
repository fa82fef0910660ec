"""Making, viewing and moving arrays on a device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0, 2), (5, 7), (1000, 33)])
def test_values_come_back_as_they_were_given(device: OpenCLBackend, dtype: str, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 100, shape).astype(dtype)
    back = device.asarray(values).numpy()
    assert back.dtype == values.dtype
    np.testing.assert_array_equal(back, values)


def test_arrays_that_are_not_contiguous_are_copied_in_order(device: OpenCLBackend) -> None:
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    np.testing.assert_array_equal(device.asarray(values.T[::2]).numpy(), values.T[::2])


@pytest.mark.parametrize(
    ("values", "dtype"), [(1.5, "float32"), ([1, 2], "int32"), ([True], "bool"), ([[1.0]], "float32")]
)
def test_python_numbers_become_float32_int32_or_bool(device: OpenCLBackend, values: Any, dtype: str) -> None:
    assert device.asarray(values).dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "int64", "float16", "complex64"])
def test_types_that_devices_do_not_hold_are_refused_clearly(device: OpenCLBackend, dtype: str) -> None:
    message = f"expected float32, int32, uint8 or bool on a device, got {dtype}; convert the values first"
    with pytest.raises(DTypeError, match=message):
        device.asarray(np.ones(2, dtype))
    with pytest.raises(DTypeError, match=message):
        device.empty((2,), dtype)


@pytest.mark.parametrize("shape", [(), (0,), (5, 3)])
def test_zeros_are_zero_in_reused_memory(device: OpenCLBackend, shape: tuple[int, ...]) -> None:
    device.asarray(np.full(shape, 7, np.float32))
    np.testing.assert_array_equal(device.zeros(shape).numpy(), np.zeros(shape))


def test_a_view_shares_memory(device: OpenCLBackend) -> None:
    x = device.zeros((1024,))
    device.write(device.view(x, 512, (2, 2)), np.ones((2, 2), np.float32))
    assert x.numpy().sum() == x.numpy()[512:516].sum() == 4


def test_an_empty_view_at_the_end_is_allowed(device: OpenCLBackend) -> None:
    assert device.view(device.zeros((512,)), 512, (0, 3)).numpy().shape == (0, 3)


@pytest.mark.parametrize(("offset", "shape"), [(128, (1,)), (256, (257,)), (-256, (1,)), (512, (1,))])
def test_a_view_outside_its_array_or_between_blocks_is_refused(
    device: OpenCLBackend, offset: int, shape: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeError, match="view: expected a flat array"):
        device.view(device.zeros((512,)), offset, shape)


def test_a_view_of_images_is_refused(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="view: expected a flat array"):
        device.view(device.zeros((2, 256)), 0, (1,))


def test_reshape_shares_memory_and_keeps_the_size(device: OpenCLBackend) -> None:
    x = device.zeros((4, 3))
    device.write(x.reshape(2, -1), np.ones((2, 6), np.float32))
    assert x.numpy().sum() == 12
    with pytest.raises(ShapeError, match="reshape: expected a shape of 12 elements"):
        device.reshape(x, (5, 2))


def test_copy_and_write_refuse_other_shapes_and_types(device: OpenCLBackend) -> None:
    x = device.zeros((2, 3))
    device.copy(device.asarray(np.ones((2, 3), np.float32)), x)
    assert x.numpy().sum() == 6
    with pytest.raises(ShapeError, match="copy: expected values of shape"):
        device.copy(device.zeros((3, 2)), x)
    with pytest.raises(ShapeError, match="write: expected values of shape"):
        device.write(x, np.zeros(6, np.float32))
    with pytest.raises(DTypeError, match="write: expected values of float32, got int32"):
        device.write(x, np.zeros((2, 3), np.int32))
