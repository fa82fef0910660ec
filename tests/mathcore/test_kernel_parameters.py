"""Calls of users' kernels that do not fit the source, and sources that cannot be: one line each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mathcore
from mathcore import DeviceError, DTypeError, MathcoreError, NDArray, ShapeError
from mathcore.backends.base import Backend
from mathcore.user_kernels import kernel
from tests.mathcore.example_kernels import decay, row_extremes, saxpy


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: saxpy(x, x), MathcoreError, "saxpy: expected 3 arguments (x, y, a), got 2"),
        (lambda x: saxpy(x, x, 1.0, 4), MathcoreError, "saxpy: expected 3 arguments (x, y, a), got 4"),
        (
            lambda x: saxpy(x, x.astype("int32"), 1.0), DTypeError,
            "saxpy: expected y of float32 (global const float *y), got int32; convert it with astype",
        ),
        (lambda x: saxpy(x, x, "1"), DTypeError, "saxpy: expected a number for a (const float a), got str"),
        (lambda x: saxpy(x, x, x), DTypeError, "saxpy: expected a number for a (const float a), got NDArray"),
        (lambda x: row_extremes(2.5, x), DTypeError, "expected a whole number for columns (const int columns)"),
        (lambda x: decay([1.0], 2), DTypeError, "decay: expected an NDArray to update for w, got list"),
        (lambda x: saxpy(x, x, 1, out=[x, x]), MathcoreError, "saxpy: expected 1 arrays as out, got 2"),
        (lambda x: saxpy(x, x, 1, out=x.astype("int32")), DTypeError, "saxpy: expected out of float32"),
        (
            lambda x: row_extremes(3, x.reshape(1, 3), out=[x, x]), ShapeError,
            "row_extremes: expected out for lowest of shape (1,), got (3,)",
        ),
    ],
)  # fmt: skip
def test_bad_arguments_get_one_line_on_both_backends(
    call: Any, error: type[Exception], message: str, backend: Backend
) -> None:
    with pytest.raises(error) as raised:
        call(backend.zeros((3,)))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_arrays_of_two_devices_are_refused() -> None:
    on_numpy, on_device = (mathcore.zeros((2,), device=device) for device in ("numpy", "opencl"))
    with pytest.raises(DeviceError, match="saxpy: expected arrays of one device"):
        saxpy(on_numpy, on_device, 1)
    with pytest.raises(DeviceError, match="saxpy: expected arrays of one device"):
        saxpy(on_device, on_device, 1, out=on_numpy)


def test_what_the_compiler_says_comes_with_the_line_it_means() -> None:
    wrong = kernel("kernel void wrong(global float *y) {\n    y[0] = undeclared_thing;\n}", outputs=lambda: 1)
    with pytest.raises(DeviceError) as error, mathcore.device("opencl"):
        wrong()
    assert "wrong: expected OpenCL C that compiles on " in str(error.value)
    assert "got line 2 (y[0] = undeclared_thing;): " in str(error.value)
    assert "\n" not in str(error.value)


def test_without_a_numpy_function_only_devices_run_it() -> None:
    ones = kernel("kernel void ones(global float *y) { y[get_global_id(0)] = 1; }", outputs=lambda: 3)
    with mathcore.device("opencl"):
        assert ones().tolist() == [1, 1, 1]
    message = "ones: expected a NumPy function .*, got none; give one with numpy="
    with pytest.raises(DeviceError, match=message), mathcore.device("numpy"):
        ones()


@pytest.mark.parametrize(
    ("twin", "error", "message"),
    [
        (lambda x: x[:1], ShapeError, "k: expected y (3,) of the NumPy function, got (1,)"),
        (lambda x: x + 0.5, DTypeError, "k: expected y of int32 of the NumPy function, got float64"),
    ],
)
def test_what_the_numpy_function_returns_is_checked(twin: Any, error: type[Exception], message: str) -> None:
    k = kernel("kernel void k(global const int *x, global int *y) {}", numpy=twin)
    with pytest.raises(error) as raised:
        k(mathcore.asarray([1, 2, 3], device="numpy"))
    assert message in str(raised.value)


def test_a_numpy_function_may_return_wider_numbers() -> None:
    k = kernel("kernel void k(global const int *x, global int *y) {}", numpy=lambda x: x.astype(np.int64) + 1)
    y = k(mathcore.asarray([1, 2], device="numpy"))
    assert y.dtype == np.int32
    assert y.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"global_size": 100, "local_size": 64}, "expected a global size that is a multiple of local_size (64,)"),
        ({"global_size": (64, 2), "local_size": 64}, "expected a global size that is a multiple of local_size (64,)"),
        ({"global_size": (1, 1, 1, 1)}, "expected a global size of one to three numbers, 0 or more, got (1, 1, 1, 1)"),
        ({"global_size": -1}, "expected a global size of one to three numbers, 0 or more, got -1"),
        ({"global_size": 2**20, "local_size": 2**20}, "k: expected "),
        ({"outputs": None}, "k: expected an array to take the shape of outputs from; give outputs="),
    ],
)
def test_sizes_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    k = kernel("kernel void k(global float *y) {}", **{"outputs": lambda: 1, **options})
    with pytest.raises(MathcoreError) as error, mathcore.device("opencl"):
        k()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("source", "updates", "message"),
    [
        ("kernel void k(global const float *x) {}", (), "k: expected arrays that are not const"),
        ("kernel void k(global float *x) {}", ("y",), "got x and updates ('y',)"),
        ("kernel void k(global float *x, global const float *y) {}", ("y",), "got x and updates ('y',)"),
    ],
)
def test_a_kernel_must_write_something(source: str, updates: tuple[str, ...], message: str) -> None:
    with pytest.raises(MathcoreError) as error:
        kernel(source, updates=updates)
    assert message in str(error.value)


def test_the_wrong_number_of_shapes_is_refused() -> None:
    k = kernel("kernel void k(global float *x, global float *y) {}", outputs=lambda: [(1,)])
    with pytest.raises(ShapeError, match="k: expected 2 shapes of outputs, got 1"), mathcore.device("opencl"):
        k()


def test_a_kernel_shows_what_it_takes() -> None:
    assert repr(decay) == "<kernel decay(global float *w, const float rate)>"
    assert isinstance(decay, mathcore.user_kernels.Kernel)
    assert isinstance(saxpy(mathcore.zeros(1), mathcore.zeros(1), 1), NDArray)
