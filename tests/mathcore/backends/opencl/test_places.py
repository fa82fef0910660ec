"""Strided copies, transposition and whole numbers in order, against NumPy bit for bit."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.shapes import contiguous_strides
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits

DTYPES = ("float32", "int32", "uint8", "bool")
Walk = tuple[int, tuple[int, ...], tuple[int, ...]]


@pytest.fixture(scope="module", params=["as it is", "as a GPU"])
def tuned(request: pytest.FixtureRequest) -> Any:
    """Return the device, and the device with work cut up as for a GPU."""
    device = OpenCLBackend()
    if request.param == "as a GPU":
        queue = device.queue
        queue.tuning = replace(queue.tuning, vector=4, local=64, items=2048)
        queue._programs._macros = queue.tuning.macros
    return device


def values(dtype: str, *shape: int) -> np.ndarray:
    """Return numbers that differ from their neighbours."""
    return (np.arange(np.prod(shape, dtype=int)) * 7 % 251).reshape(shape).astype(dtype)


def walk(x: np.ndarray, y: np.ndarray) -> Walk:
    """Return offset, strides and shape of a view ``y`` of ``x``."""
    start = (y.__array_interface__["data"][0] - x.__array_interface__["data"][0]) // x.itemsize
    return start, tuple(stride // x.itemsize for stride in y.strides), y.shape


SLICES = {
    "all": np.s_[:],
    "element": np.s_[3, 4, 5, ...],
    "row": np.s_[2],
    "column": np.s_[:, :, 7],
    "crop": np.s_[1:5, 3:11, 2:14],
    "words": np.s_[1:5, 3:11, 4:16],
    "steps": np.s_[::2, ::3, ::2],
    "back": np.s_[::-1, ::-2, ::-1],
    "short rows": np.s_[:, :, 1:4],
    "empty": np.s_[3:3],
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("key", SLICES.values(), ids=SLICES.keys())
def test_slices_are_read_and_written_as_in_numpy(tuned: OpenCLBackend, key: Any, dtype: str) -> None:
    host = values(dtype, 7, 13, 20)
    x = tuned.asarray(host)
    part = tuned.read_strided(x, *walk(host, host[key]))
    np.testing.assert_array_equal(part.numpy(), host[key])
    host[key] = values(dtype, *host[key].shape[::-1]).T
    tuned.write_strided(x, *walk(host, host[key]), tuned.asarray(host[key]))
    np.testing.assert_array_equal(x.numpy(), host)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (1,), (3, 20, 1), (4, 5, 1, 3), (2, 4, 5, 20, 3)], ids=str)
def test_values_broadcast(tuned: OpenCLBackend, shape: tuple[int, ...], dtype: str) -> None:
    target = np.broadcast_shapes(shape, (20, 3))
    x, small = tuned.zeros(target, dtype), values(dtype, *shape)
    tuned.write_strided(x, 0, contiguous_strides(target), target, tuned.asarray(small))
    np.testing.assert_array_equal(x.numpy(), np.broadcast_to(small, target))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (3, 1000), (1000, 3), (16, 16), (65, 257), (131, 67), (0, 4)])
def test_a_matrix_is_transposed_as_in_numpy(tuned: OpenCLBackend, shape: tuple[int, int], dtype: str) -> None:
    host = values(dtype, *shape)
    np.testing.assert_array_equal(tuned.transpose(tuned.asarray(host), (1, 0)).numpy(), host.T)


@pytest.mark.parametrize("axes", list(itertools.permutations(range(4))), ids=str)
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_axes_are_permuted_as_in_numpy(tuned: OpenCLBackend, axes: tuple[int, ...], dtype: str) -> None:
    for shape in ((3, 1, 5, 4), (5, 9, 17, 18)):
        host = values(dtype, *shape)
        np.testing.assert_array_equal(tuned.transpose(tuned.asarray(host), axes).numpy(), host.transpose(axes))


def test_large_copies_are_shared_by_many_work_items(tuned: OpenCLBackend) -> None:
    host = values("int32", 301, 1001)
    x = tuned.asarray(host)
    for part in (host[:, 1:], host[::-1], host[:, ::2], host[1:, :3], host.T, host[:, None, ::-1]):
        np.testing.assert_array_equal(tuned.read_strided(x, *walk(host, part)).numpy(), part)
    long = values("uint8", 2, 400_001)
    np.testing.assert_array_equal(
        tuned.read_strided(tuned.asarray(long), *walk(long, long[:, 1:])).numpy(), long[:, 1:]
    )


@pytest.mark.parametrize("ndim", [16, 19])
def test_as_many_axes_as_there_may_be(tuned: OpenCLBackend, ndim: int) -> None:
    host = values("int32", *(2,) * 12, *(1,) * (ndim - 12))
    axes = (*range(1, ndim, 2), *range(0, ndim, 2))[::-1]
    np.testing.assert_array_equal(tuned.transpose(tuned.asarray(host), axes).numpy(), host.transpose(axes))
    wide = tuned.read_strided(tuned.asarray([1, 2]), 0, (1, 0) * (ndim // 2), (2, 1) * (ndim // 2 - 1) + (2, 2))
    assert wide.shape[-2:] == (2, 2)


def test_more_axes_than_a_kernel_takes_are_copied_piece_by_piece(tuned: OpenCLBackend) -> None:
    host = values("uint8", 60)
    for strides, shape in (((3, 1) * 9, (2,) * 18), ((1, 0) * 10, (2, 1) * 10)):
        part = np.lib.stride_tricks.as_strided(host, shape, strides)
        np.testing.assert_array_equal(tuned.read_strided(tuned.asarray(host), 0, strides, shape).numpy(), part)


@st.composite
def walks(draw: st.DrawFn) -> Walk:
    """Return offset, strides and shape of a walk that visits no place twice."""
    shape = tuple(draw(st.lists(st.integers(0, 6), max_size=5)))
    order = draw(st.permutations(range(len(shape))))
    steps, reach, offset = [0] * len(shape), 1, 0
    for axis in order:
        gap = draw(st.integers(1, 2))
        steps[axis] = reach * gap
        reach = steps[axis] * max(shape[axis], 1)
        if draw(st.booleans()):
            offset += steps[axis] * (max(shape[axis], 1) - 1)
            steps[axis] = -steps[axis]
    return offset + draw(st.integers(0, 3)), tuple(steps), shape


@settings(deadline=None, max_examples=80)
@given(walk=walks(), dtype=st.sampled_from(DTYPES))
def test_any_walk_is_read_and_written_as_in_numpy(
    device: OpenCLBackend, reference: NumpyBackend, walk: Walk, dtype: str
) -> None:
    size = walk[0] + 1 + sum(max(step, 0) * max(length - 1, 0) for step, length in zip(*walk[1:], strict=True))
    host, new = values(dtype, size), values(dtype, *walk[2]).astype(bool).astype(dtype)
    read, written = [], []
    for backend in (device, reference):
        x = backend.asarray(host)
        read.append(backend.read_strided(x, *walk))
        backend.write_strided(x, *walk, backend.asarray(new))
        written.append(x)
    assert_same_bits(*read)
    assert_same_bits(*written)


@pytest.mark.parametrize("size", [0, 1, 5, 4096, 10_001])
def test_whole_numbers_count_up_from_zero(tuned: OpenCLBackend, size: int) -> None:
    np.testing.assert_array_equal(tuned.iota(size).numpy(), np.arange(size, dtype=np.int32))


def test_values_that_share_memory_are_read_before_they_are_overwritten(tuned: OpenCLBackend) -> None:
    host = values("float32", 40, 40)
    x = tuned.asarray(host)
    tuned.write_strided(x, 39 * 40, (-40, 1), (40, 40), x)
    np.testing.assert_array_equal(x.numpy(), host[::-1])
    flat = tuned.asarray(host.reshape(-1))
    tuned.write_strided(flat, 1, (1,), (1024,), tuned.view(flat, 256, (1024,)))
    np.testing.assert_array_equal(flat.numpy()[1:1025], host.reshape(-1)[256:1280])


def test_payloads_of_nan_survive(tuned: OpenCLBackend) -> None:
    bits = np.arange(0x7FC00000, 0x7FC00000 + 36, dtype=np.uint32).reshape(6, 6)
    x = tuned.asarray(bits.view(np.float32))
    np.testing.assert_array_equal(tuned.transpose(x, (1, 0)).numpy().view(np.uint32), bits.T)


def test_what_does_not_fit_is_refused(device: OpenCLBackend, reference: NumpyBackend) -> None:
    for backend in (device, reference):
        x = backend.zeros((2, 3))
        with pytest.raises(ShapeError, match="transpose: expected a permutation of"):
            backend.transpose(x, (0, 0))
        with pytest.raises(ShapeError, match=r"write_strided: expected a shape that broadcasts to \(2, 3\), got"):
            backend.write_strided(x, 0, (3, 1), (2, 3), backend.zeros((2,)))
        with pytest.raises(DTypeError, match="write_strided: expected values of float32, got int32"):
            backend.write_strided(x, 0, (3, 1), (2, 3), backend.zeros((2, 3), "int32"))
