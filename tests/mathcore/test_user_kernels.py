"""Users' kernels on a device and by their NumPy functions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mathcore
from mathcore import DTypeError, ShapeError
from mathcore.backends.base import Backend
from mathcore.user_kernels import kernel
from tests.mathcore.example_kernels import counted, decay, doubled, flipped, group_sums, row_extremes, saxpy, turned


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
