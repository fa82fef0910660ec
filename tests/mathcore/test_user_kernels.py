"""Users' kernels on a device and by their NumPy functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mathcore
from mathcore import DeviceError, DTypeError, MathcoreError, NDArray, ShapeError
from mathcore.backends.base import Backend
from mathcore.user_kernels import kernel

saxpy = kernel(
    """
    kernel void saxpy(global const float *x, global const float *y, global float *out, const float a) {
        const int i = get_global_id(0);
        out[i] = a * x[i] + y[i];
    }
    """,
    numpy=lambda x, y, a: a * x + y,
)

row_extremes = kernel(
    """
    kernel void row_extremes(global float *lowest, global float *highest, const int columns, global const float *x) {
        global const float *row = x + get_global_id(0) * columns;
        float low = row[0], high = row[0];
        for (int i = 1; i < columns; i++) {
            low = min(low, row[i]);
            high = max(high, row[i]);
        }
        lowest[get_global_id(0)] = low;
        highest[get_global_id(0)] = high;
    }
    """,
    numpy=lambda columns, x: (x.min(axis=1), x.max(axis=1)),
    outputs=lambda columns, x: [x.shape[:1], x.shape[:1]],
)


def decay_in_place(w: np.ndarray, rate: float) -> None:
    w *= np.float32(rate)


decay = kernel(
    "kernel void decay(global float *w, const float rate) { w[get_global_id(0)] *= rate; }",
    numpy=decay_in_place,
    updates=("w",),
)

# Sums of 64 numbers in a work-group, through local memory.
group_sums = kernel(
    """
    kernel void group_sums(global const int *x, const int n, global int *sums) {
        local int part[64];
        const int i = get_global_id(0), place = get_local_id(0);
        part[place] = i < n ? x[i] : 0;
        for (int half_size = 32; half_size > 0; half_size /= 2) {
            barrier(CLK_LOCAL_MEM_FENCE);
            if (place < half_size) part[place] += part[place + half_size];
        }
        if (place == 0) sums[get_group_id(0)] = part[0];
    }
    """,
    numpy=lambda x, n: np.add.reduceat(x, np.arange(0, n, 64)),
    outputs=lambda x, n: (-(-n // 64),),
    global_size=lambda x, n: -(-n // 64) * 64,
    local_size=64,
)

turned = kernel(
    """
    kernel void turned(global const int *x, global int *y) {
        const int row = get_global_id(0), column = get_global_id(1);
        y[column * get_global_size(0) + row] = x[row * get_global_size(1) + column];
    }
    """,
    numpy=lambda x: x.T,
    outputs=lambda x: (x.shape[1], x.shape[0]),
    global_size=lambda x: x.shape,
)

counted = kernel(
    "kernel void counted(global int *y) { y[get_global_id(0)] = get_global_id(0); }",
    numpy=lambda: np.arange(5),
    outputs=lambda: 5,
)

doubled = kernel(
    "kernel void doubled(global const float4 *x, global float4 *y) { y[get_global_id(0)] = 2 * x[get_global_id(0)]; }",
    numpy=lambda x: 2 * x,
)

flipped = kernel(
    "kernel void flipped(global const uchar *x, global uchar *y) { y[get_global_id(0)] = !x[get_global_id(0)]; }",
    numpy=lambda x: x == 0,
)


@settings(deadline=None, max_examples=30)
@given(shape=st.lists(st.integers(0, 9), max_size=3).map(tuple), a=st.floats(-100, 100, width=32))
def test_a_kernel_and_its_numpy_function_agree_for_any_shape(shape: tuple[int, ...], a: float) -> None:
    values = np.asarray(np.random.default_rng(0).standard_normal(shape), np.float32)
    on_numpy, on_device = (
        saxpy(mathcore.asarray(values, device=device), mathcore.asarray(values, device=device), a)
        for device in ("numpy", "opencl")
    )
    assert on_numpy.shape == on_device.shape == shape
    # The device may contract a * x + y to one rounding.
    np.testing.assert_allclose(on_device.numpy(), on_numpy.numpy(), rtol=1e-6, atol=1e-5)


def test_several_outputs_anywhere_among_the_parameters_come_back_in_order(backend: Backend) -> None:
    x = backend.asarray(np.random.default_rng(0).random((7, 5)).astype(np.float32))
    lowest, highest = row_extremes(5, x)
    assert np.array_equal(lowest.numpy(), x.numpy().min(axis=1))
    assert np.array_equal(highest.numpy(), x.numpy().max(axis=1))


def test_arrays_are_updated_in_place(backend: Backend) -> None:
    w = backend.asarray([1.0, 2.0, 4.0])
    assert decay(w, 0.5) is None
    assert w.tolist() == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("n", [1, 63, 64, 65, 1000])
def test_work_groups_share_local_memory(n: int, backend: Backend) -> None:
    x = np.arange(n, dtype=np.int32)
    sums = group_sums(backend.asarray(x), n)
    assert np.array_equal(sums.numpy(), np.add.reduceat(x, np.arange(0, n, 64)))


def test_a_global_size_of_two_axes(backend: Backend) -> None:
    x = np.arange(15, dtype=np.int32).reshape(3, 5)
    assert np.array_equal(turned(backend.asarray(x)).numpy(), x.T)


def test_a_kernel_without_arguments_runs_on_the_default_device(backend: Backend) -> None:
    with mathcore.device(backend):
        y = counted()
    assert y.backend is backend
    assert y.tolist() == [0, 1, 2, 3, 4]


def test_vectors_are_counted_as_one_work_item(backend: Backend) -> None:
    assert doubled(backend.asarray(np.arange(12, dtype=np.float32))).tolist() == list(range(0, 24, 2))
    with pytest.raises(ShapeError, match="doubled: expected x of a multiple of 4 elements .*, got shape \\(13,\\)"):
        doubled(backend.zeros((13,)))


def test_bool_arrays_are_read_as_uchar_but_not_written_as_such(backend: Backend) -> None:
    y = flipped(backend.asarray([True, False]))
    assert y.dtype == np.uint8
    assert y.tolist() == [0, 1]
    with pytest.raises(DTypeError, match=r"flipped: expected y of uint8 \(global uchar \*y\), got bool"):
        flipped(backend.asarray([True, False]), out=backend.zeros((2,), np.bool_))


def test_lists_and_numpy_arrays_are_copied_to_the_device_of_the_arrays(backend: Backend) -> None:
    y = saxpy([1.0, 2.0], backend.asarray([3.0, 4.0]), np.float32(2))
    assert y.backend is backend
    assert y.tolist() == [5.0, 8.0]
    assert saxpy(backend.zeros((2,)), np.ones(2, np.float32), 0).tolist() == [1.0, 1.0]


def test_outputs_can_be_given(backend: Backend) -> None:
    x = backend.asarray([1.0, 2.0])
    out = backend.zeros((2,))
    assert saxpy(x, x, 1.0, out=out) is out
    assert out.tolist() == [2.0, 4.0]
    assert saxpy(x, x, 1.0, out=x) is x
    pair = [backend.zeros((1,)), backend.zeros((1,))]
    assert row_extremes(2, backend.asarray([[3.0, 4.0]]), out=pair) == tuple(pair)
    assert [part.item() for part in pair] == [3.0, 4.0]


def test_a_kernel_object_serves_both_devices_in_turn() -> None:
    for device in ("numpy", "opencl", "numpy", "opencl"):
        assert saxpy(mathcore.ones(3, device=device), [1.0, 1.0, 1.0], 2).tolist() == [3.0, 3.0, 3.0]


def test_one_of_several_kernels_is_chosen_by_name() -> None:
    source = """
    kernel void one(global float *y) { y[get_global_id(0)] = 1; }
    kernel void two(global float *y) { y[get_global_id(0)] = 2; }
    """
    with mathcore.device("opencl"):
        assert kernel(source, name="two", outputs=lambda: (3,))().tolist() == [2, 2, 2]


# Bad input


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
