"""Products of matrices, vectors and tensors, on both backends against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mathcore
from mathcore.backends import Backend
from mathcore.errors import DTypeError, ShapeError
from mathcore.functions import linear_algebra

TOLERANCE = 1e-5  # of the largest magnitude: sums of float32 in another order


def values(shape: tuple[int, ...], dtype: str = "float32", seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng([seed, *shape])
    if dtype == "float32":
        return generator.standard_normal(shape).astype(np.float32)
    return generator.integers(0, 200, shape).astype(dtype)


def check(result: mathcore.NDArray, expected: Any, dtype: str = "float32") -> None:
    wanted = np.asarray(expected)
    assert (result.shape, result.dtype) == (wanted.shape, np.dtype(dtype))
    if dtype == "float32":
        largest = float(np.abs(wanted).max(initial=0))
        np.testing.assert_allclose(result.numpy(), wanted, rtol=0, atol=TOLERANCE * max(largest, 1))
    else:
        np.testing.assert_array_equal(result.numpy(), wanted)


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8"])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 4), (4, 5)),
        ((4,), (4, 5)),
        ((3, 4), (4,)),
        ((4,), (4,)),
        ((2, 3, 4), (4, 5)),
        ((3, 4), (2, 4, 5)),
        ((2, 1, 3, 4), (7, 4, 5)),
        ((2, 3, 4), (4,)),
        ((4,), (2, 4, 5)),
        ((0, 4), (4, 3)),
        ((3, 0), (0, 3)),
        ((0, 3, 4), (4, 5)),
        ((2, 17, 33), (2, 33, 9)),
    ],
)
def test_matmul_of_stacks_and_vectors(backend: Backend, a: tuple[int, ...], b: tuple[int, ...], dtype: str) -> None:
    x, y = values(a, dtype), values(b, dtype, 1)
    check(mathcore.matmul(backend.asarray(x), backend.asarray(y)), x @ y, dtype)


@settings(deadline=None, max_examples=25)
@given(sizes=st.tuples(*[st.integers(0, 40)] * 3), flags=st.tuples(st.booleans(), st.booleans()), whole=st.booleans())
def test_transposed_matrices(sizes: tuple[int, int, int], flags: tuple[bool, bool], whole: bool) -> None:
    rows, inner, columns = sizes
    dtype = "int32" if whole else "float32"
    x, y = values((rows, inner), dtype), values((inner, columns), dtype, 1)
    a, b = (x.T if flags[0] else x), (y.T if flags[1] else y)
    for device in ("numpy", "opencl"):
        left, right = (mathcore.asarray(np.ascontiguousarray(m), device=device) for m in (a, b))
        check(linear_algebra.matmul(left, right, transpose_a=flags[0], transpose_b=flags[1]), x @ y, dtype)


def test_whole_numbers_wrap(backend: Backend) -> None:
    x = np.full((2, 3), 2**30, np.int32)
    check(mathcore.matmul(backend.asarray(x), backend.asarray(x.T.copy())), x @ x.T, "int32")


def test_types_are_promoted(backend: Backend) -> None:
    x, y = values((2, 3)), values((3, 2), "int32")
    check(mathcore.matmul(backend.asarray(x), backend.asarray(y)), x @ y.astype(np.float32))
    check(backend.asarray(x) @ y, x @ y.astype(np.float32))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [((2, 3), (2, 3), r"\(2, 3\) and \(2, 3\)"), ((), (3,), "use multiply"), ((2, 2, 3), (4, 3, 5), "broadcast")],
)
def test_matmul_refuses_what_does_not_fit(
    backend: Backend, a: tuple[int, ...], b: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        mathcore.matmul(backend.asarray(values(a)), backend.asarray(values(b)))


def test_bool_has_no_products(backend: Backend) -> None:
    x = backend.asarray([[True]])
    for product in (mathcore.matmul, mathcore.tensordot, mathcore.vecdot):
        with pytest.raises(DTypeError, match="got bool"):
            product(x, x)


@pytest.mark.parametrize("shape", [(2, 3), (4, 1, 5), (0, 3)])
def test_matrix_transpose(backend: Backend, shape: tuple[int, ...]) -> None:
    x = values(shape)
    check(mathcore.matrix_transpose(backend.asarray(x)), x.swapaxes(-1, -2))
    with pytest.raises(ShapeError, match="at least two axes"):
        mathcore.matrix_transpose(backend.asarray([1.0]))


@pytest.mark.parametrize(
    ("a", "b", "axis"),
    [((4,), (4,), -1), ((3, 4), (3, 4), -1), ((3, 4), (4,), -1), ((3, 2), (3, 1), -2), ((0,), (0,), -1)],
)
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8"])
def test_vecdot(backend: Backend, a: tuple[int, ...], b: tuple[int, ...], axis: int, dtype: str) -> None:
    x, y = values(a, dtype), values(b, dtype, 1)
    expected = np.sum(x * y, axis=axis, dtype=dtype)
    check(mathcore.vecdot(backend.asarray(x), backend.asarray(y), axis=axis), expected, dtype)


def test_vecdot_needs_an_axis_of_both_with_equal_lengths(backend: Backend) -> None:
    x = backend.asarray(values((2, 3)))
    with pytest.raises(ShapeError, match="counted from the back"):
        mathcore.vecdot(x, x, axis=0)
    with pytest.raises(ShapeError, match="equal lengths"):
        mathcore.vecdot(x, x.T)


@pytest.mark.parametrize(
    ("a", "b", "axes"),
    [
        ((3, 4), (4, 5), 1),
        ((2, 3, 4), (3, 4, 5), 2),
        ((3,), (4,), 0),
        ((2, 3, 4), (4, 3, 5), ((1, 2), (1, 0))),
        ((2, 3, 4), (5, 2), ((-3,), (-1,))),
        ((2, 2), (2, 2), 2),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_tensordot(backend: Backend, a: tuple[int, ...], b: tuple[int, ...], axes: Any, dtype: str) -> None:
    x, y = values(a, dtype), values(b, dtype, 1)
    check(mathcore.tensordot(backend.asarray(x), backend.asarray(y), axes=axes), np.tensordot(x, y, axes=axes), dtype)


@pytest.mark.parametrize("axes", [1, ((0,), (0, 1)), ((0, 0), (1, 1)), 3])
def test_tensordot_refuses_axes_that_do_not_meet(backend: Backend, axes: Any) -> None:
    with pytest.raises(ShapeError, match="tensordot"):
        mathcore.tensordot(backend.asarray(values((2, 3))), backend.asarray(values((2, 3))), axes=axes)
