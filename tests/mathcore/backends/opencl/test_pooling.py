"""Pooling and its gradients against NumPy, with ties, overlapping windows and windows over the border."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.base import Pair
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import ShapeError
from tests.mathcore.backends.opencl.comparison import assert_close, assert_same_bits, random_array

# x, ksize, stride, pad
CASES = [
    ((2, 24, 24, 20), (2, 2), (2, 2), (0, 0)),
    ((2, 8, 8, 50), (2, 2), (2, 2), (0, 0)),
    ((2, 7, 9, 3), (3, 3), (2, 2), (1, 1)),
    ((1, 5, 5, 1), (3, 2), (1, 1), (0, 1)),
    ((2, 6, 7, 50), (2, 2), (3, 3), (0, 0)),
    ((3, 4, 4, 17), (4, 4), (4, 4), (0, 0)),
    ((1, 1, 1, 1), (1, 1), (1, 1), (0, 0)),
    ((0, 4, 4, 3), (2, 2), (2, 2), (0, 0)),
]


@pytest.mark.parametrize(("shape", "ksize", "stride", "pad"), CASES, ids=str)
def test_max_pooling_agrees_with_numpy_on_ties_too(
    device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...], ksize: Pair, stride: Pair, pad: Pair
) -> None:
    x = np.random.default_rng(0).integers(-2, 3, shape).astype(np.float32)
    y, positions = device.max_pooling_2d(device.asarray(x), ksize=ksize, stride=stride, pad=pad)
    expected, places = reference.max_pooling_2d(reference.asarray(x), ksize=ksize, stride=stride, pad=pad)
    assert_same_bits(y, expected)
    assert_same_bits(positions, places)
    dy = random_array(*y.shape)
    actual_dx = device.max_pooling_2d_gradient(
        device.asarray(dy), positions, x_shape=shape, ksize=ksize, stride=stride, pad=pad
    )
    expected_dx = reference.max_pooling_2d_gradient(
        reference.asarray(dy), places, x_shape=shape, ksize=ksize, stride=stride, pad=pad
    )
    # Up to nine gradients are added, in another order where windows overlap.
    assert_close(actual_dx, expected_dx, tolerance=1e-6)


@pytest.mark.parametrize(("shape", "ksize", "stride", "pad"), CASES, ids=str)
def test_average_pooling_agrees_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...], ksize: Pair, stride: Pair, pad: Pair
) -> None:
    x = random_array(*shape)
    y = device.average_pooling_2d(device.asarray(x), ksize=ksize, stride=stride, pad=pad)
    expected = reference.average_pooling_2d(reference.asarray(x), ksize=ksize, stride=stride, pad=pad)
    assert_close(y, expected, tolerance=1e-6)
    dy = random_array(*y.shape)
    actual_dx, expected_dx = (
        backend.average_pooling_2d_gradient(backend.asarray(dy), x_shape=shape, ksize=ksize, stride=stride, pad=pad)
        for backend in (device, reference)
    )
    assert_close(actual_dx, expected_dx, tolerance=1e-6)


# x, ksize, stride, pad, (OH, OW) with the last windows beyond the border
COVERING = [
    ((2, 7, 9, 64), (3, 3), (2, 2), (0, 0), (3, 4)),
    ((2, 8, 6, 3), (3, 3), (2, 2), (0, 0), (4, 3)),
    ((2, 8, 7, 9), (3, 3), (2, 2), (1, 1), (5, 4)),
    ((1, 5, 6, 17), (2, 2), (2, 2), (0, 0), (3, 3)),
    ((1, 9, 7, 5), (3, 4), (2, 3), (1, 1), (5, 3)),
    ((1, 6, 6, 2), (5, 5), (2, 2), (2, 2), (4, 4)),
]


@pytest.mark.parametrize(("shape", "ksize", "stride", "pad", "count"), COVERING, ids=str)
def test_windows_beyond_the_border_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...], ksize: Pair, stride: Pair, pad: Pair,
    count: Pair,
) -> None:  # fmt: skip
    x = np.random.default_rng(0).integers(-2, 3, shape).astype(np.float32)
    dy = random_array(shape[0], *count, shape[3])
    results = []
    for backend in (device, reference):
        images, gradient = backend.asarray(x), backend.asarray(dy)
        y, places = backend.max_pooling_2d(images, ksize=ksize, stride=stride, pad=pad, count=count)
        dx = backend.max_pooling_2d_gradient(gradient, places, x_shape=shape, ksize=ksize, stride=stride, pad=pad)
        results.append([y, places, dx])
        for divisor in ("padded", "image"):
            means = backend.average_pooling_2d(
                images, ksize=ksize, stride=stride, pad=pad, count=count, divisor=divisor
            )
            dx = backend.average_pooling_2d_gradient(
                gradient, x_shape=shape, ksize=ksize, stride=stride, pad=pad, divisor=divisor
            )
            results[-1] += [means, dx]
    for actual, expected in zip(*results, strict=True):
        assert_close(actual, expected, tolerance=1e-6)
    assert_same_bits(results[0][0], results[1][0])
    assert_same_bits(results[0][1], results[1][1])


def test_windows_of_more_than_256_elements_are_refused(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="expected windows of at most 256 elements"):
        device.max_pooling_2d(device.zeros((1, 20, 20, 1)), ksize=(17, 17), stride=(1, 1), pad=(0, 0))


def test_gradients_of_another_shape_are_refused(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="pooling: expected at most .* windows of each of the images"):
        device.average_pooling_2d_gradient(
            device.zeros((1, 3, 3, 1)), x_shape=(1, 4, 4, 1), ksize=(2, 2), stride=(2, 2), pad=(0, 0)
        )
