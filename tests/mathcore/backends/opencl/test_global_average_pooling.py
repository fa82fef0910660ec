"""Global average pooling against NumPy."""

from __future__ import annotations

import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import ShapeError
from tests.mathcore.backends.opencl.comparison import assert_close, assert_same_bits, random_array


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 7, 7, 64), (3, 5, 2, 33), (1, 100, 90, 3), (0, 2, 2, 4)], ids=str)
def test_means_and_gradients_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...]
) -> None:
    x, dy = random_array(*shape), random_array(shape[0], shape[3])
    actual, expected = (backend.global_average_pooling(backend.asarray(x)) for backend in (device, reference))
    assert_close(actual, expected, tolerance=1e-6)
    actual, expected = (
        backend.global_average_pooling_gradient(backend.asarray(dy), x_shape=shape) for backend in (device, reference)
    )
    assert_same_bits(actual, expected)


def test_shapes_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="global_average_pooling: expected images"):
        device.global_average_pooling(device.zeros((2, 3)))
    with pytest.raises(ShapeError, match=r"global_average_pooling_gradient: expected dy of shape \(2, 5\)"):
        device.global_average_pooling_gradient(device.zeros((2, 4)), x_shape=(2, 3, 3, 5))
