"""The rectified linear unit against NumPy, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits, random_array


@pytest.mark.parametrize("shape", [(), (0,), (1,), (7, 3), (64, 500), (100_001,)], ids=str)
def test_forward_and_backward_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...]
) -> None:
    x, dy = np.asarray(random_array(*shape)), np.asarray(random_array(*shape, seed=1))
    y, expected = device.relu(device.asarray(x)), reference.relu(reference.asarray(x))
    assert_same_bits(y, expected)
    assert_same_bits(
        device.relu_gradient(device.asarray(dy), y), reference.relu_gradient(reference.asarray(dy), expected)
    )


def test_nan_is_passed_on(device: OpenCLBackend) -> None:
    assert np.isnan(device.relu(device.asarray([np.nan, 1.0])).numpy()[0])


def test_shapes_and_types_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="relu_gradient: expected dy of shape"):
        device.relu_gradient(device.zeros((2,)), device.zeros((3,)))
    with pytest.raises(DTypeError, match="relu: expected float32"):
        device.relu(device.zeros((2,), np.int32))
