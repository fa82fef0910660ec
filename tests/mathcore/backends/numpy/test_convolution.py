"""Convolution against seven nested loops in float64."""

import itertools
from typing import Any

import numpy as np
import pytest

from mathcore import ShapeError
from mathcore.backends.numpy import convolution
from mathcore.backends.shapes import windows_shape
from mathcore.errors import MathcoreError

Pair = tuple[int, int]

# N, H, W, C, O, ksize, stride, pad, dilation, groups
CASES = [
    (2, 5, 6, 3, 4, (3, 3), (1, 1), (0, 0), (1, 1), 1),
    (1, 1, 1, 1, 1, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    (3, 7, 5, 2, 3, (2, 4), (2, 1), (1, 2), (1, 1), 1),
    (1, 9, 9, 1, 5, (3, 2), (2, 3), (0, 1), (1, 1), 1),
    (2, 4, 4, 3, 2, (4, 4), (1, 1), (3, 3), (1, 1), 1),
    (2, 3, 11, 5, 1, (1, 5), (3, 4), (2, 0), (1, 1), 1),
    (0, 5, 5, 2, 3, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (1, 2, 2, 1, 2, (3, 3), (5, 5), (1, 1), (1, 1), 1),
    (2, 8, 7, 4, 6, (3, 2), (1, 2), (2, 1), (2, 3), 2),
    (2, 6, 5, 3, 3, (3, 3), (2, 1), (1, 1), (1, 1), 3),
    (1, 9, 9, 2, 6, (2, 3), (3, 2), (1, 0), (3, 1), 2),
]


def loops(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, *, stride: Pair, pad: Pair, dilation: Pair, groups: int
) -> np.ndarray:
    """Return the cross-correlation, one product at a time."""
    spans = ((w.shape[0] - 1) * dilation[0] + 1, (w.shape[1] - 1) * dilation[1] + 1)
    height, width = windows_shape(x.shape, ksize=spans, stride=stride, pad=pad)
    y = np.zeros((x.shape[0], height, width, w.shape[3]))
    for n, i, j, p, q in itertools.product(*map(range, (x.shape[0], height, width, w.shape[0], w.shape[1]))):
        row, column = i * stride[0] - pad[0] + p * dilation[0], j * stride[1] - pad[1] + q * dilation[1]
        if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
            for c, o in itertools.product(range(w.shape[2]), range(w.shape[3])):
                first = o // (w.shape[3] // groups) * w.shape[2]
                y[n, i, j, o] += x[n, row, column, first + c] * w[p, q, c, o]
    y += b
    return y


@pytest.mark.parametrize(("n", "h", "w", "c", "o", "ksize", "stride", "pad", "dilation", "groups"), CASES)
def test_convolution_equals_the_loops(
    n: int, h: int, w: int, c: int, o: int, ksize: Pair, stride: Pair, pad: Pair, dilation: Pair, groups: int
) -> None:
    form: dict[str, Any] = {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups}
    generator = np.random.default_rng(0)
    x = generator.standard_normal((n, h, w, c))
    weights = generator.standard_normal((*ksize, c // groups, o))
    b = generator.standard_normal(o)
    y = convolution.convolution_2d(x, weights, b, **form)
    np.testing.assert_allclose(y, loops(x, weights, b, **form), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("n", "h", "w", "c", "o", "ksize", "stride", "pad", "dilation", "groups"), CASES)
def test_gradients_are_the_transposes_of_the_convolution(
    n: int, h: int, w: int, c: int, o: int, ksize: Pair, stride: Pair, pad: Pair, dilation: Pair, groups: int
) -> None:
    form: dict[str, Any] = {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups}
    # The convolution is linear in x and in w, so <conv(u, w), dy> = <u, dx> = <w, dw> exactly, for any u.
    generator = np.random.default_rng(0)
    x = generator.standard_normal((n, h, w, c))
    weights = generator.standard_normal((*ksize, c // groups, o))
    y = convolution.convolution_2d(x, weights, None, **form)
    dy = generator.standard_normal(y.shape)
    dx = convolution.data_gradient(dy, weights, x_shape=x.shape, **form)
    dw, db = np.full_like(weights, 7), np.full(o, 7.0)
    convolution.weight_gradient(x, dy, dw, db, **form)
    assert dx.shape == x.shape
    assert np.vdot(x, dx) == pytest.approx(np.vdot(y, dy), rel=1e-11, abs=1e-11)
    assert np.vdot(weights, dw) == pytest.approx(np.vdot(y, dy), rel=1e-11, abs=1e-11)
    np.testing.assert_allclose(db, dy.sum(axis=(0, 1, 2)), rtol=1e-12, atol=1e-12)


def test_relu_is_applied_to_the_sum() -> None:
    generator = np.random.default_rng(0)
    x, w = generator.standard_normal((1, 4, 4, 2)), generator.standard_normal((3, 3, 2, 5))
    b = np.linspace(-1, 1, 5)
    y = convolution.convolution_2d(x, w, b, stride=(1, 1), pad=(1, 1))
    activated = convolution.convolution_2d(x, w, b, stride=(1, 1), pad=(1, 1), activation="relu")
    np.testing.assert_array_equal(activated, np.maximum(y, 0))
    with pytest.raises(MathcoreError, match="expected activation identity or relu, got 'tanh'"):
        convolution.convolution_2d(x, w, b, stride=(1, 1), pad=(1, 1), activation="tanh")


def test_types_stay_what_they_are() -> None:
    x, w = np.ones((1, 4, 4, 2), np.float32), np.ones((3, 3, 2, 5), np.float32)
    y = convolution.convolution_2d(x, w, np.ones(5, np.float32), stride=(1, 1), pad=(1, 1))
    assert y.dtype == np.float32
    assert convolution.data_gradient(y, w, x_shape=x.shape, stride=(1, 1), pad=(1, 1)).dtype == np.float32


def test_a_kernel_larger_than_the_padded_image_is_refused() -> None:
    with pytest.raises(ShapeError, match="use a smaller ksize"):
        convolution.convolution_2d(np.ones((1, 2, 2, 1)), np.ones((5, 5, 1, 1)), None, stride=(1, 1), pad=(1, 1))
