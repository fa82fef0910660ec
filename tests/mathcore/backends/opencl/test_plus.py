"""Sums of arrays against NumPy, bit for bit."""

from __future__ import annotations

import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits, random_array


@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("count", [1, 2, 3, 6])
@pytest.mark.parametrize("shape", [(1,), (7, 3), (2, 5, 5, 33), (70_001,), (0, 3)], ids=str)
def test_sums_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...], count: int, activation: str
) -> None:
    inputs = [random_array(*shape, seed=seed) for seed in range(count)]
    actual, expected = (
        backend.plus([backend.asarray(x) for x in inputs], activation=activation) for backend in (device, reference)
    )
    assert_same_bits(actual, expected)


def test_arrays_of_two_shapes_are_refused(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="plus: expected arrays of one shape"):
        device.plus([device.zeros((2, 3)), device.zeros((3, 2))])
