"""Whether all or any elements hold, and differences of neighbours, on both backends against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mathcore
from mathcore.backends.base import Backend
from mathcore.errors import DTypeError, MathcoreError, ShapeError
from tests.mathcore.backends.opencl.comparison import random_array

AXES = [None, 0, -1, (0, 1), (0, 2), ()]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "float32"])
@pytest.mark.parametrize("axis", AXES, ids=str)
def test_all_and_any_along_one_axis_or_several(backend: Backend, axis: Any, dtype: str) -> None:
    values = (np.random.default_rng(0).random((3, 2, 4)) < 0.7).astype(dtype)
    for name in ("all", "any"):
        for keepdims in (False, True):
            result = getattr(mathcore, name)(backend.asarray(values), axis=axis, keepdims=keepdims)
            assert result.dtype == mathcore.bool
            wanted = getattr(np, name)(values, axis=axis, keepdims=keepdims)
            assert result.shape == wanted.shape
            assert np.array_equal(result.numpy(), wanted)


def test_of_nothing_all_hold_and_none_does(backend: Backend) -> None:
    nothing = backend.zeros((0, 2), np.bool_)
    assert mathcore.all(nothing, axis=0).tolist() == [True, True]
    assert mathcore.any(nothing, axis=(0, 1)).item() is False
    assert mathcore.any(backend.asarray(np.nan)).item() is True
    with pytest.raises(ShapeError, match="^any: expected an axis"):
        mathcore.any(nothing, axis=2)


@pytest.mark.parametrize("n", [0, 1, 2, 6])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_differences_of_neighbours(backend: Backend, axis: int, n: int) -> None:
    for dtype in ("float32", "int32", "uint8"):
        values = (random_array(5, 4, 3) * 50).astype(dtype)
        result = mathcore.diff(backend.asarray(values), axis=axis, n=n)
        wanted = np.diff(values, axis=axis, n=n)
        assert (result.shape, result.dtype) == (wanted.shape, values.dtype)
        assert np.array_equal(result.numpy(), wanted)


def test_differences_with_something_before_and_behind(backend: Backend) -> None:
    values, before, behind = random_array(3, 4), random_array(3, 2), random_array(3, 1)
    result = mathcore.diff(
        backend.asarray(values), prepend=backend.asarray(before), append=backend.asarray(behind), n=2
    )
    assert np.array_equal(result.numpy(), np.diff(values, prepend=before, append=behind, n=2))
    x = backend.asarray([1, 2, 4])
    assert mathcore.diff(x, append=backend.asarray([0.5])).tolist() == [1, 2, -3.5]


def test_differences_that_do_not_fit_are_refused(backend: Backend) -> None:
    x = backend.asarray([[1, 2], [3, 4]])
    with pytest.raises(MathcoreError, match="^diff: expected n of 0 or more, got -1$"):
        mathcore.diff(x, n=-1)
    with pytest.raises(ShapeError, match="^diff: expected an axis"):
        mathcore.diff(x, axis=2)
    with pytest.raises(ShapeError):
        mathcore.diff(x, prepend=backend.asarray([1]))
    with pytest.raises(DTypeError, match="subtract"):
        mathcore.diff(backend.asarray(np.array([True, False])))
