"""Pooling against plain loops over windows."""

import itertools

import numpy as np
import pytest

from mathcore.backends.numpy import pooling
from mathcore.backends.shapes import windows_shape

Pair = tuple[int, int]

# x shape, ksize, stride, pad
CASES = [
    ((2, 4, 6, 3), (2, 2), (2, 2), (0, 0)),
    ((1, 1, 1, 1), (1, 1), (1, 1), (0, 0)),
    ((2, 7, 5, 2), (3, 2), (2, 1), (1, 1)),
    ((1, 5, 9, 2), (3, 3), (1, 2), (2, 2)),
    ((3, 6, 6, 1), (2, 3), (3, 4), (0, 0)),
    ((0, 4, 4, 2), (2, 2), (2, 2), (0, 0)),
    ((1, 16, 16, 1), (16, 16), (1, 1), (0, 0)),
]


def windows(x: np.ndarray, ksize: Pair, stride: Pair, pad: Pair, value: float) -> np.ndarray:
    """Return all windows (N, OH, OW, C, KH * KW) of the padded images."""
    height, width = windows_shape(x.shape, ksize=ksize, stride=stride, pad=pad)
    padded = np.full((x.shape[0], x.shape[1] + 2 * pad[0], x.shape[2] + 2 * pad[1], x.shape[3]), value)
    padded[:, pad[0] : pad[0] + x.shape[1], pad[1] : pad[1] + x.shape[2]] = x
    found = np.zeros((x.shape[0], height, width, x.shape[3], ksize[0] * ksize[1]))
    for n, i, j, c in itertools.product(*map(range, found.shape[:4])):
        rows, columns = i * stride[0], j * stride[1]
        found[n, i, j, c] = padded[n, rows : rows + ksize[0], columns : columns + ksize[1], c].reshape(-1)
    return found


def spread(values: np.ndarray, x_shape: tuple[int, ...], ksize: Pair, stride: Pair, pad: Pair) -> np.ndarray:
    """Add values (N, OH, OW, C, KH * KW) back to the elements of the windows that they belong to."""
    dx = np.zeros((x_shape[0], x_shape[1] + 2 * pad[0], x_shape[2] + 2 * pad[1], x_shape[3]))
    for n, i, j, c, position in itertools.product(*map(range, values.shape)):
        p, q = divmod(position, ksize[1])
        dx[n, i * stride[0] + p, j * stride[1] + q, c] += values[n, i, j, c, position]
    return dx[:, pad[0] : pad[0] + x_shape[1], pad[1] : pad[1] + x_shape[2]]


@pytest.mark.parametrize(("shape", "ksize", "stride", "pad"), CASES)
def test_maxima_and_their_first_positions_equal_the_loops(
    shape: tuple[int, ...], ksize: Pair, stride: Pair, pad: Pair
) -> None:
    x = np.random.default_rng(0).integers(-3, 3, shape).astype(np.float64)  # many ties
    y, positions = pooling.max_pooling_2d(x, ksize=ksize, stride=stride, pad=pad)
    expected = windows(x, ksize, stride, pad, -np.inf)
    assert positions.dtype == np.uint8
    assert np.array_equal(y, expected.max(axis=-1))
    assert np.array_equal(positions, expected.argmax(axis=-1))


@pytest.mark.parametrize(("shape", "ksize", "stride", "pad"), CASES)
def test_the_gradient_of_maxima_goes_to_the_positions(
    shape: tuple[int, ...], ksize: Pair, stride: Pair, pad: Pair
) -> None:
    generator = np.random.default_rng(0)
    y, positions = pooling.max_pooling_2d(generator.standard_normal(shape), ksize=ksize, stride=stride, pad=pad)
    dy = generator.standard_normal(y.shape)
    dx = pooling.max_pooling_2d_gradient(dy, positions, x_shape=shape, ksize=ksize, stride=stride, pad=pad)
    chosen = np.eye(ksize[0] * ksize[1])[positions] * dy[..., None]
    np.testing.assert_allclose(dx, spread(chosen, shape, ksize, stride, pad), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("shape", "ksize", "stride", "pad"), CASES)
def test_means_and_their_gradient_equal_the_loops(shape: tuple[int, ...], ksize: Pair, stride: Pair, pad: Pair) -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal(shape)
    y = pooling.average_pooling_2d(x, ksize=ksize, stride=stride, pad=pad)
    np.testing.assert_allclose(y, windows(x, ksize, stride, pad, 0.0).mean(axis=-1), rtol=1e-12, atol=1e-12)
    dy = generator.standard_normal(y.shape)
    dx = pooling.average_pooling_2d_gradient(dy, x_shape=shape, ksize=ksize, stride=stride, pad=pad)
    area = ksize[0] * ksize[1]
    shares = np.repeat(dy[..., None] / area, area, axis=-1)
    np.testing.assert_allclose(dx, spread(shares, shape, ksize, stride, pad), rtol=1e-12, atol=1e-12)


def test_negative_images_do_not_pick_the_padding() -> None:
    y, positions = pooling.max_pooling_2d(np.full((1, 2, 2, 1), -5.0), ksize=(2, 2), stride=(2, 2), pad=(1, 1))
    assert np.all(y == -5)
    assert positions.reshape(-1).tolist() == [3, 2, 1, 0]
