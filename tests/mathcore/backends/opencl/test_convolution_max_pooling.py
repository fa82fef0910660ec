"""Convolution and maxima in one pass, beside NumPy's two, at odd shapes."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend

# Images (N, H, W, C), kernel (KH, KW, O), stride, pad.
CASES = [
    pytest.param((3, 28, 28, 1), (5, 5, 20), (1, 1), (0, 0), id="as-in-lenet"),
    pytest.param((1, 2, 2, 1), (1, 1, 1), (1, 1), (0, 0), id="one-window"),
    pytest.param((2, 8, 9, 3), (3, 2, 33), (1, 1), (1, 0), id="two-panels"),
    pytest.param((17, 9, 12, 2), (3, 2, 7), (2, 1), (1, 2), id="more-images-than-chunks"),
    pytest.param((2, 3, 75, 1), (2, 2, 5), (1, 1), (0, 0), id="more-windows-than-a-segment"),
    pytest.param((2, 9, 8, 2), (3, 3, 6), (1, 1), (1, 1), id="odd-height-in-two-passes"),
    pytest.param((2, 12, 12, 4), (6, 6, 6), (2, 2), (0, 0), id="many-inputs-in-two-passes"),
]
TOLERANCE = 1e-5  # of the largest value: sums in another order

Arrays = tuple[np.ndarray, ...]


def run(
    backend: OpenCLBackend | NumpyBackend, arrays: Arrays, biased: str, stride: tuple[int, int], pad: tuple[int, int]
) -> Arrays:
    """Return maxima, positions and the gradients of the weights and the bias for a fixed dy."""
    x, w, b = (backend.asarray(values) for values in arrays)
    bias = b if biased == "bias" else None
    y, positions = backend.convolution_max_pooling_2d(x, w, bias, stride=stride, pad=pad)
    dy = backend.asarray(np.random.default_rng(1).standard_normal(y.shape).astype(np.float32))
    dw, db = backend.zeros(w.shape), backend.zeros(b.shape)
    backend.convolution_max_pooling_2d_weight_gradient(
        x, dy, positions, dw, None if bias is None else db, stride=stride, pad=pad
    )
    return y.numpy(), positions.numpy(), dw.numpy(), db.numpy()


@pytest.mark.parametrize("biased", ["bias", "no bias"])
@pytest.mark.parametrize(("x_shape", "kernel", "stride", "pad"), CASES)
def test_maxima_and_gradients_equal_those_of_numpy(
    device: OpenCLBackend, reference: NumpyBackend, x_shape: tuple[int, ...], kernel: tuple[int, int, int],
    stride: tuple[int, int], pad: tuple[int, int], biased: str,
) -> None:  # fmt: skip
    generator = np.random.default_rng(0)
    height, width, outputs = kernel
    shapes = (x_shape, (height, width, x_shape[3], outputs), (outputs,))
    arrays = tuple(generator.standard_normal(shape).astype(np.float32) for shape in shapes)
    got, expected = run(device, arrays, biased, stride, pad), run(reference, arrays, biased, stride, pad)
    np.testing.assert_array_equal(got[1], expected[1])
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=TOLERANCE * max(1, np.abs(other).max()))


def test_of_equal_outputs_the_first_is_the_maximum(device: OpenCLBackend) -> None:
    x, w = device.zeros((1, 4, 4, 1)), device.asarray(np.ones((1, 1, 1, 2), np.float32))
    y, positions = device.convolution_max_pooling_2d(x, w, None, stride=(1, 1), pad=(0, 0))
    np.testing.assert_array_equal(y.numpy(), np.zeros((1, 2, 2, 2)))
    np.testing.assert_array_equal(positions.numpy(), 0)
