"""Windows of images against plain loops, on both backends."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore.backends.base import Backend
from mathcore.errors import DTypeError, ShapeError
from mathcore.functions.windows import average_pooling_2d, col2im, im2col, max_pooling_2d
from tests.mathcore.functions.test_manipulation import assert_is

Pair = tuple[int, int]


def windows(x: np.ndarray, ksize: Pair, stride: Pair, pad: Pair, dilation: Pair) -> np.ndarray:
    """Return the windows of images (N, H, W, C), cut out one by one."""
    padded = np.pad(x, ((0, 0), (pad[0], pad[0]), (pad[1], pad[1]), (0, 0)))
    spans = [(side - 1) * apart + 1 for side, apart in zip(ksize, dilation, strict=True)]
    tops = range(0, padded.shape[1] - spans[0] + 1, stride[0])
    lefts = range(0, padded.shape[2] - spans[1] + 1, stride[1])
    y = np.empty((x.shape[0], len(tops), len(lefts), *ksize, x.shape[3]), x.dtype)
    for (i, top), (j, left) in itertools.product(enumerate(tops), enumerate(lefts)):
        y[:, i, j] = padded[:, top : top + spans[0] : dilation[0], left : left + spans[1] : dilation[1]]
    return y


PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(deadline=None, max_examples=60)
@given(
    data=st.data(), shape=st.tuples(*map(st.integers, (0, 1, 1, 0), (2, 9, 9, 19))), ksize=PAIRS, stride=PAIRS,
    dilation=PAIRS, dtype=st.sampled_from(["float32", "int32", "uint8"]),
)  # fmt: skip
def test_windows_are_cut_out_and_added_back(
    backend: Backend, data: st.DataObject, shape: tuple[int, int, int, int], ksize: Pair, stride: Pair, dilation: Pair,
    dtype: str,
) -> None:  # fmt: skip
    pad = (data.draw(st.integers(4, 6)), data.draw(st.integers(4, 6))) if data.draw(st.booleans()) else (0, 0)
    if any((k - 1) * d + 1 > side + 2 * p for k, d, side, p in zip(ksize, dilation, shape[1:3], pad, strict=True)):
        pad = (3, 3)
    x = (np.arange(np.prod(shape, dtype=int)) % 97).reshape(shape).astype(dtype)
    settings = {"stride": stride, "pad": pad, "dilation": dilation}
    expected = windows(x, ksize, stride, pad, dilation)
    columns = im2col(backend.asarray(x), ksize, **settings)
    assert_is(columns, expected)
    # The adjoint of taking places is adding to them: column by column, in whole numbers that float32 holds exactly.
    places = windows(1 + np.arange(x.size).reshape(shape), ksize, stride, pad, dilation)
    sums = np.zeros(x.size + 1, dtype)
    np.add.at(sums, places.reshape(-1), expected.reshape(-1))
    assert_is(col2im(columns, shape[1:3], **settings), sums[1:].reshape(shape))


def test_adding_back_is_the_adjoint_of_cutting_out(backend: Backend) -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((2, 11, 8, 5)).astype(np.float32)
    arguments: dict[str, Any] = {"stride": (2, 1), "pad": (1, 2), "dilation": (2, 1)}
    columns = im2col(backend.asarray(x), (3, 4), **arguments)
    y = generator.standard_normal(columns.shape).astype(np.float32)
    left = np.vdot(columns.numpy().astype(np.float64), y)
    right = np.vdot(x.astype(np.float64), col2im(backend.asarray(y), (11, 8), **arguments).numpy())
    # Sums of at most 12 rounded float32 numbers: 1e-6 of the magnitudes.
    assert abs(left - right) < 1e-6 * np.abs(y).sum()


def test_one_number_stands_for_height_and_width(backend: Backend) -> None:
    x = backend.asarray(np.arange(50, dtype=np.float32).reshape(1, 5, 5, 2))
    assert_is(im2col(x, 3, stride=2, pad=1), windows(x.numpy(), (3, 3), (2, 2), (1, 1), (1, 1)))


def test_pooling_takes_the_largest_and_the_mean(backend: Backend) -> None:
    x = np.random.default_rng(0).standard_normal((2, 7, 6, 3)).astype(np.float32)
    device = backend.asarray(x)
    cut = windows(x, (2, 2), (2, 2), (0, 0), (1, 1))
    assert_is(max_pooling_2d(device, 2), cut.max((3, 4)))
    np.testing.assert_allclose(average_pooling_2d(device, 2).numpy(), cut.mean((3, 4)), atol=1e-6)
    cut = windows(x, (3, 2), (1, 2), (1, 0), (1, 1))
    np.testing.assert_allclose(
        average_pooling_2d(device, (3, 2), stride=(1, 2), pad=(1, 0)).numpy(), cut.mean((3, 4)), atol=1e-6
    )
    assert max_pooling_2d(device, 3, stride=2, pad=1).shape == (2, 4, 3, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: im2col(x[0], 2), ShapeError, r"im2col: expected images \(N, H, W, C\), got shape \(3, 3, 2\)"),
        (lambda x: im2col(x, 4), ShapeError, r"im2col: expected images of at least \(4, 4\) with pad \(0, 0\)"),
        (lambda x: im2col(x, 2, dilation=3), ShapeError, r"im2col: expected images of at least \(4, 4\)"),
        (lambda x: im2col(x, 0), ShapeError, "im2col: expected ksize to be numbers .* from 1 on"),
        (lambda x: im2col(x, 1, pad=-1), ShapeError, "im2col: expected pad to be numbers .* from 0 on"),
        (lambda x: col2im(x, (3, 3)), ShapeError, "col2im: expected windows"),
        (lambda x: col2im(im2col(x, 2), (4, 3)), ShapeError, r"col2im: expected \(OH, OW\) = \(3, 2\) for images"),
        (lambda x: col2im(im2col(x, 2) > 0, (3, 3)), DTypeError, "col2im: expected numbers to add, got bool"),
        (lambda x: max_pooling_2d(x, 4), ShapeError, "max_pooling_2d: expected images of at least"),
        (lambda x: max_pooling_2d(x.astype("int32"), 2), DTypeError, "max_pooling_2d: expected float32, got int32"),
        (lambda x: average_pooling_2d(x, 2, stride=0), ShapeError, "average_pooling_2d: expected stride"),
    ],
)
def test_what_does_not_fit_is_refused(backend: Backend, call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(backend.zeros((1, 3, 3, 2)))
