"""Triangles and grids against NumPy, on both backends."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from mathcore.backends.base import Backend
from mathcore.errors import MathcoreError, ShapeError
from mathcore.functions.grids import meshgrid, tril, triu
from tests.mathcore.functions.test_manipulation import DTYPES, Shape, assert_is, numbers


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1), (4, 7), (7, 4), (2, 3, 3), (0, 3), (3, 0)], ids=str)
def test_triangles_agree_with_numpy(backend: Backend, shape: Shape, dtype: str) -> None:
    host = numbers(dtype, *shape)
    x = backend.asarray(host)
    for k in (0, 1, -2, 5, 2**31, -(2**31)):
        assert_is(tril(x, k=k), np.tril(host, k=min(max(k, -9), 9)))
        assert_is(triu(x, k=k), np.triu(host, k=min(max(k, -9), 9)))


def test_infinity_and_nan_outside_a_triangle_become_zero(backend: Backend) -> None:
    x = backend.asarray(np.array([[1, np.inf], [np.nan, 2]], np.float32))
    assert tril(triu(x)).tolist() == [[1, 0], [0, 2]]


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_grids_agree_with_numpy(backend: Backend, count: int, indexing: str) -> None:
    hosts = [numbers(dtype, length) for dtype, length in zip(DTYPES, (3, 4, 1, 2), strict=True)][:count]
    kind: Literal["xy", "ij"] = "ij" if indexing == "ij" else "xy"
    grids = meshgrid(*(backend.asarray(host) for host in hosts), indexing=indexing)
    assert isinstance(grids, tuple)
    for actual, expected in zip(grids, np.meshgrid(*hosts, indexing=kind), strict=True):
        assert_is(actual, expected)


def test_a_grid_of_nothing_is_empty() -> None:
    assert meshgrid() == ()


def test_what_does_not_fit_is_refused(backend: Backend) -> None:
    with pytest.raises(ShapeError, match=r"tril: expected matrices \(..., M, N\), got shape \(3,\)"):
        tril(backend.zeros((3,)))
    with pytest.raises(ShapeError, match=r"triu: expected matrices"):
        triu(backend.zeros(()))
    with pytest.raises(ShapeError, match=r"meshgrid: expected arrays of one axis, got shapes \(2, 2\)"):
        meshgrid(backend.zeros((2, 2)))
    with pytest.raises(MathcoreError, match="meshgrid: expected indexing 'xy' or 'ij', got 'yx'"):
        meshgrid(backend.zeros((2,)), indexing="yx")
