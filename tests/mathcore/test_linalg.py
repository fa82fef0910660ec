"""The linear algebra extension, on both backends against NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mathcore import linalg
from mathcore.array import NDArray
from mathcore.backends import Backend
from mathcore.errors import DTypeError, MathcoreError, ShapeError

GENERATOR = np.random.default_rng(3)
SQUARE = GENERATOR.standard_normal((2, 4, 4)).astype(np.float32)
TALL = GENERATOR.standard_normal((5, 3)).astype(np.float32)
SYMMETRIC = (SQUARE @ SQUARE.swapaxes(-1, -2) + 4 * np.eye(4)).astype(np.float32)
TOLERANCE = 2e-5  # the same LAPACK on the same values, or sums in another order


def check(result: NDArray, expected: Any) -> None:
    wanted = np.asarray(expected)
    assert result.shape == wanted.shape
    assert result.dtype == (np.float32 if wanted.dtype.kind == "f" else np.int32)
    np.testing.assert_allclose(result.numpy(), wanted, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("name", ["det", "inv", "pinv", "svdvals"])
@pytest.mark.parametrize("x", [SQUARE, SQUARE[0]], ids=["stack", "matrix"])
def test_functions_of_square_matrices(backend: Backend, name: str, x: np.ndarray) -> None:
    check(getattr(linalg, name)(backend.asarray(x)), getattr(np.linalg, name)(x))


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky(backend: Backend, upper: bool) -> None:
    check(linalg.cholesky(backend.asarray(SYMMETRIC), upper=upper), np.linalg.cholesky(SYMMETRIC, upper=upper))


def test_eigenvalues_of_symmetric_matrices(backend: Backend) -> None:
    x = backend.asarray(SYMMETRIC)
    result = linalg.eigh(x)
    check(result.eigenvalues, np.linalg.eigh(SYMMETRIC).eigenvalues)
    check(linalg.eigvalsh(x), np.linalg.eigvalsh(SYMMETRIC))
    vectors = result.eigenvectors.numpy()
    np.testing.assert_allclose(SYMMETRIC @ vectors, vectors * result.eigenvalues.numpy()[:, None, :], atol=2e-4)


def test_slogdet(backend: Backend) -> None:
    sign, logarithm = linalg.slogdet(backend.asarray(SQUARE))
    check(sign, np.linalg.slogdet(SQUARE).sign)
    check(logarithm, np.linalg.slogdet(SQUARE).logabsdet)


@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr(backend: Backend, mode: Any) -> None:
    result = linalg.qr(backend.asarray(TALL), mode=mode)
    expected = np.linalg.qr(TALL, mode=mode)
    check(result.Q, expected.Q)
    check(result.R, expected.R)
    with pytest.raises(MathcoreError, match="qr: expected mode reduced or complete, got 'r'"):
        linalg.qr(backend.asarray(TALL), mode="r")  # type: ignore[arg-type]  # what is refused


@pytest.mark.parametrize("full", [False, True])
def test_svd(backend: Backend, full: bool) -> None:
    result = linalg.svd(backend.asarray(TALL), full_matrices=full)
    expected = np.linalg.svd(TALL, full_matrices=full)
    for part, wanted in zip(result, expected, strict=True):
        check(part, wanted)


@pytest.mark.parametrize("shape", [(4,), (4, 2), (2, 4, 3)])
def test_solve(backend: Backend, shape: tuple[int, ...]) -> None:
    b = GENERATOR.standard_normal(shape).astype(np.float32)
    check(linalg.solve(backend.asarray(SYMMETRIC), backend.asarray(b)), np.linalg.solve(SYMMETRIC, b))


def test_rank(backend: Backend) -> None:
    x = np.stack([np.eye(3), np.ones((3, 3)), np.zeros((3, 3))]).astype(np.float32)
    check(linalg.matrix_rank(backend.asarray(x)), [3, 1, 0])
    check(linalg.matrix_rank(backend.asarray(np.diag([1, 0.01, 0.5]).astype(np.float32)), rtol=0.1), np.int32(2))
    check(linalg.matrix_rank(backend.asarray(np.zeros((0, 3), np.float32))), np.int32(0))


@pytest.mark.parametrize("n", [0, 1, 2, 5, -1, -3])
def test_powers(backend: Backend, n: int) -> None:
    x = SYMMETRIC / 10
    check(linalg.matrix_power(backend.asarray(x), n), np.linalg.matrix_power(x.astype(np.float64), n).astype("float32"))
    with pytest.raises(ShapeError, match="square"):
        linalg.matrix_power(backend.asarray(TALL), 2)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_cross_products(backend: Backend, dtype: str) -> None:
    a = GENERATOR.integers(-9, 9, (4, 3)).astype(dtype)
    b = GENERATOR.integers(-9, 9, (3,)).astype(dtype)
    np.testing.assert_array_equal(linalg.cross(backend.asarray(a), backend.asarray(b)).numpy(), np.cross(a, b))
    turned = linalg.cross(backend.asarray(a.T.copy()), backend.asarray(a.T.copy() + 1), axis=-2)
    np.testing.assert_array_equal(turned.numpy(), np.cross(a, a + 1).T)
    with pytest.raises(ShapeError, match="three elements"):
        linalg.cross(backend.asarray(a[:, :2]), backend.asarray(a[:, :2]))


@pytest.mark.parametrize("offset", [-6, -2, 0, 1, 5])
@pytest.mark.parametrize("shape", [(3, 5), (2, 4, 3), (0, 3)])
def test_diagonals_and_traces(backend: Backend, shape: tuple[int, ...], offset: int) -> None:
    x = np.arange(math.prod(shape), dtype=np.int32).reshape(shape)
    expected = np.diagonal(x, offset, -2, -1)
    np.testing.assert_array_equal(linalg.diagonal(backend.asarray(x), offset=offset).numpy(), expected)
    np.testing.assert_array_equal(linalg.trace(backend.asarray(x), offset=offset).numpy(), expected.sum(-1))


def test_outer_product(backend: Backend) -> None:
    a, b = np.array([1, 2, 3], np.float32), np.array([4, 5], np.float32)
    check(linalg.outer(backend.asarray(a), backend.asarray(b)), np.outer(a, b))
    assert linalg.outer(backend.asarray(a[:0]), backend.asarray(b)).shape == (0, 2)
    with pytest.raises(ShapeError, match="two vectors"):
        linalg.outer(backend.asarray(TALL), backend.asarray(b))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf])
def test_norms_of_matrices(backend: Backend, order: Any, keepdims: bool) -> None:
    expected = np.linalg.matrix_norm(SQUARE, ord=order, keepdims=keepdims)
    check(linalg.matrix_norm(backend.asarray(SQUARE), ord=order, keepdims=keepdims), expected)


def test_an_unknown_norm_is_refused(backend: Backend) -> None:
    with pytest.raises(MathcoreError, match="matrix_norm: expected ord fro"):
        linalg.matrix_norm(backend.asarray(TALL), ord=3)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
@pytest.mark.parametrize("order", [0, 1, 2, 3, 0.5, -1, math.inf, -math.inf])
def test_norms_of_vectors(backend: Backend, order: float, axis: Any) -> None:
    expected = np.linalg.vector_norm(SQUARE, ord=order, axis=axis)
    result = linalg.vector_norm(backend.asarray(SQUARE), ord=order, axis=axis)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-4)
    assert linalg.vector_norm(backend.asarray(SQUARE), axis=axis, keepdims=True).ndim == 3


def test_singular_matrices_and_other_types_are_refused(backend: Backend) -> None:
    zeros = backend.asarray(np.zeros((2, 2), np.float32))
    for function in (linalg.inv, linalg.cholesky):
        with pytest.raises(MathcoreError, match=f"{function.__name__}: expected matrices that have one"):
            function(zeros)
    with pytest.raises(MathcoreError, match="solve"):
        linalg.solve(zeros, zeros)
    with pytest.raises(MathcoreError, match="det: expected matrices"):
        linalg.det(backend.asarray(TALL))
    with pytest.raises(DTypeError, match="inv: expected float32, got int32"):
        linalg.inv(backend.asarray([[1, 2], [3, 4]]))
    with pytest.raises(ShapeError, match="det: expected a matrix"):
        linalg.det(backend.asarray([1.0]))
