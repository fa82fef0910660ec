"""Gradient sums: the same bits as NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.array import NDArray
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits, random_array

SIZES = [0, 1, 255, 256, 257, 100_003]


@pytest.mark.parametrize("size", SIZES)
def test_accumulate_gives_the_bits_of_numpy(device: OpenCLBackend, reference: NumpyBackend, size: int) -> None:
    totals: list[NDArray] = []
    for backend in (device, reference):
        total = backend.zeros((size,))
        for shard in range(4):
            backend.accumulate(total, backend.asarray(random_array(size, seed=shard)), 1 / 3)
        totals.append(total)
    assert_same_bits(*totals)


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
