"""Convolution and its gradients against NumPy: odd shapes, strides, padding, rectangles, one channel to many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mathcore.array import NDArray
from mathcore.backends.base import Backend, Pair
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, MathcoreError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_close, random_array

# x, (KH, KW, O), stride, pad, dilation, groups
CASES = [
    ((1, 1, 1, 1), (1, 1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((3, 7, 6, 3), (3, 2, 5), (1, 1), (0, 0), (1, 1), 1),
    ((5, 28, 28, 1), (5, 5, 20), (1, 1), (0, 0), (1, 1), 1),
    ((2, 12, 12, 20), (5, 5, 50), (1, 1), (0, 0), (1, 1), 1),
    ((2, 9, 11, 3), (3, 5, 20), (2, 1), (1, 2), (1, 1), 1),
    ((2, 8, 8, 50), (3, 3, 70), (2, 2), (1, 1), (1, 1), 1),
    ((2, 5, 5, 4), (2, 2, 3), (3, 3), (0, 0), (1, 1), 1),
    ((3, 6, 6, 300), (1, 1, 9), (1, 1), (0, 0), (1, 1), 1),
    ((9, 14, 14, 33), (3, 3, 260), (1, 1), (1, 1), (1, 1), 1),
    ((1, 5, 4, 2), (5, 4, 3), (1, 1), (0, 0), (1, 1), 1),
    ((2, 3, 3, 2), (3, 3, 4), (2, 3), (4, 4), (1, 1), 1),
    ((0, 5, 5, 3), (3, 3, 4), (1, 1), (1, 1), (1, 1), 1),
    ((2, 9, 8, 5), (3, 2, 7), (1, 2), (2, 1), (2, 3), 1),
    ((2, 11, 10, 6), (2, 3, 9), (3, 2), (2, 4), (3, 2), 3),
    ((2, 9, 7, 40), (3, 3, 40), (2, 1), (1, 1), (1, 1), 40),
    ((2, 6, 6, 64), (3, 3, 32), (1, 1), (1, 1), (1, 1), 4),
    ((1, 1, 1, 2), (1, 1, 2), (1, 1), (0, 0), (1, 1), 2),
    ((2, 15, 15, 12), (3, 3, 24), (2, 2), (3, 3), (3, 3), 12),
    ((3, 20, 21, 13), (5, 2, 13), (1, 2), (2, 1), (1, 3), 13),
]

FORWARD_TOLERANCE = 1e-5
# Sums over up to 2,880 pixels of products of normally distributed numbers.
WEIGHT_TOLERANCE = 2e-5


def convolve(
    backend: Backend, x: np.ndarray, w: np.ndarray, b: np.ndarray, dy: np.ndarray, form: dict[str, Any]
) -> tuple[NDArray, ...]:
    images, weights, bias, gradient = (backend.asarray(values) for values in (x, w, b, dy))
    dw, db = backend.asarray(w), backend.asarray(b)
    backend.convolution_2d_weight_gradient(images, gradient, dw, db, **form)
    return (
        backend.convolution_2d(images, weights, bias, **form),
        backend.convolution_2d(images, weights, None, **form),
        backend.convolution_2d(images, weights, bias, **form, activation="relu"),
        backend.convolution_2d_data_gradient(gradient, weights, x_shape=x.shape, **form),
        dw,
        db,
    )


@pytest.mark.parametrize(("x_shape", "kernel", "stride", "pad", "dilation", "groups"), CASES, ids=str)
def test_convolution_and_its_gradients_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, x_shape: tuple[int, int, int, int], kernel: tuple[int, int, int],
    stride: Pair, pad: Pair, dilation: Pair, groups: int,
) -> None:  # fmt: skip
    form: dict[str, Any] = {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups}
    x, b = random_array(*x_shape), random_array(kernel[2])
    w = random_array(kernel[0], kernel[1], x_shape[3] // groups, kernel[2])
    y_shape = reference.convolution_2d(reference.asarray(x), reference.asarray(w), None, **form).shape
    dy = random_array(*y_shape, seed=1)
    actual = convolve(device, x, w, b, dy, form)
    expected = convolve(reference, x, w, b, dy, form)
    tolerances = [FORWARD_TOLERANCE] * 4 + [WEIGHT_TOLERANCE] * 2
    for got, wanted, tolerance in zip(actual, expected, tolerances, strict=True):
        assert_close(got, wanted, tolerance=tolerance)


def test_large_images_take_more_than_one_band_of_patches(device: OpenCLBackend, reference: NumpyBackend) -> None:
    dy, w = random_array(1, 40, 60, 9), random_array(3, 3, 40, 9)
    actual, expected = (
        backend.convolution_2d_data_gradient(
            backend.asarray(dy), backend.asarray(w), x_shape=(1, 40, 60, 40), stride=(1, 1), pad=(1, 1)
        )
        for backend in (device, reference)
    )
    assert_close(actual, expected, tolerance=FORWARD_TOLERANCE)


def test_a_weight_gradient_may_leave_out_the_bias_and_stays_inside_its_view(device: OpenCLBackend) -> None:
    vector = device.asarray(np.full(1024, 7, np.float32))
    dw = device.view(vector, 256, (2, 2, 1, 3))
    ones = device.asarray(np.ones((2, 3, 3, 1), np.float32))
    dy = device.asarray(np.ones((2, 2, 2, 3), np.float32))
    device.convolution_2d_weight_gradient(ones, dy, dw, None, stride=(1, 1), pad=(0, 0))
    expected = np.full(1024, 7, np.float32)
    expected[256:268] = 8
    np.testing.assert_array_equal(vector.numpy(), expected)


def test_relu_keeps_nan(device: OpenCLBackend) -> None:
    x = device.asarray(np.full((1, 1, 1, 2), np.nan, np.float32))
    w = device.asarray(np.ones((1, 1, 2, 3), np.float32))
    y = device.convolution_2d(x, w, None, stride=(1, 1), pad=(0, 0), activation="relu")
    assert np.isnan(y.numpy()).all()


def test_shapes_and_types_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    x, w = device.zeros((1, 4, 4, 2)), device.zeros((3, 3, 2, 5))
    with pytest.raises(ShapeError, match=r"convolution_2d: expected x \(N, H, W, C\) and w"):
        device.convolution_2d(x, device.zeros((3, 3, 1, 5)), None, stride=(1, 1), pad=(0, 0))
    with pytest.raises(ShapeError, match=r"expected b of shape \(5,\), got \(2,\)"):
        device.convolution_2d(x, w, device.zeros((2,)), stride=(1, 1), pad=(0, 0))
    with pytest.raises(ShapeError, match="expected images of at least"):
        device.convolution_2d(x, device.zeros((5, 5, 2, 5)), None, stride=(1, 1), pad=(0, 0))
    with pytest.raises(ShapeError, match="data_gradient: expected dy of shape"):
        device.convolution_2d_data_gradient(x, w, x_shape=(1, 4, 4, 2), stride=(1, 1), pad=(0, 0))
    with pytest.raises(ShapeError, match="weight_gradient: expected dy of shape"):
        device.convolution_2d_weight_gradient(x, x, w, None, stride=(1, 1), pad=(0, 0))
    with pytest.raises(ShapeError, match=r"expected x \(N, H, W, C\) and w \(KH, KW, C / 2, O\)"):
        device.convolution_2d(x, w, None, stride=(1, 1), pad=(0, 0), groups=2)
    with pytest.raises(ShapeError, match="expected a multiple of 2 outputs, got 5"):
        device.convolution_2d(x, device.zeros((3, 3, 1, 5)), None, stride=(1, 1), pad=(0, 0), groups=2)
    with pytest.raises(MathcoreError, match="expected activation identity or relu, got 'tanh'"):
        device.convolution_2d(x, w, None, stride=(1, 1), pad=(0, 0), activation="tanh")
    with pytest.raises(DTypeError, match="convolution_2d: expected float32, got int32"):
        device.convolution_2d(device.zeros((1, 4, 4, 2), np.int32), w, None, stride=(1, 1), pad=(0, 0))
