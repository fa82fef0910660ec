"""Gradient sums and the momentum optimizer: the same bits as NumPy, subnormal numbers included."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits, random_array

SIZES = [0, 1, 255, 256, 257, 100_003]


@pytest.mark.parametrize("size", SIZES)
def test_momentum_gives_the_bits_of_numpy(device: OpenCLBackend, reference: NumpyBackend, size: int) -> None:
    start = [random_array(size), random_array(size, seed=1), random_array(size, seed=2)]
    start[1][::3] *= np.float32(1e-38)  # velocities that become subnormal
    start[2][::2] = 0
    vectors = [[backend.asarray(values) for values in start] for backend in (device, reference)]
    backends: tuple[Backend, ...] = (device, reference)
    for backend, (w, v, g) in zip(backends, vectors, strict=True):
        for _ in range(5):
            backend.momentum_update(w, v, g, learning_rate=0.01, momentum=0.9, weight_decay=5e-4)
    for actual, expected in zip(*vectors, strict=True):
        assert_same_bits(actual, expected)


@pytest.mark.parametrize("size", SIZES)
def test_accumulate_gives_the_bits_of_numpy(device: OpenCLBackend, reference: NumpyBackend, size: int) -> None:
    totals: list[NDArray] = []
    for backend in (device, reference):
        total = backend.zeros((size,))
        for shard in range(4):
            backend.accumulate(total, backend.asarray(random_array(size, seed=shard)), 1 / 3)
        totals.append(total)
    assert_same_bits(*totals)


def test_zero_padding_stays_zero(device: OpenCLBackend) -> None:
    w, v, g = (device.zeros((512,)) for _ in range(3))
    device.momentum_update(w, v, g, learning_rate=0.01, momentum=0.9, weight_decay=5e-4)
    assert not w.numpy().view(np.uint32).any()


def test_only_the_view_is_updated(device: OpenCLBackend) -> None:
    vector = device.asarray(np.ones(1024, np.float32))
    device.accumulate(device.view(vector, 256, (5,)), device.asarray(np.ones(5, np.float32)), 1.0)
    expected = np.ones(1024, np.float32)
    expected[256:261] = 2
    np.testing.assert_array_equal(vector.numpy(), expected)


def test_shapes_and_types_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="accumulate: expected arrays of one shape"):
        device.accumulate(device.zeros((2,)), device.zeros((3,)), 1.0)
    with pytest.raises(DTypeError, match="accumulate: expected float32"):
        device.accumulate(device.zeros((2,)), device.zeros((2,), np.int32), 1.0)
