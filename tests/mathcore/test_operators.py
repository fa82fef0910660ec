"""Operators of arrays, on both backends against NumPy."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mathcore
from mathcore.backends import Backend
from mathcore.errors import DTypeError, ShapeError

FLOATS = np.array([[1.5, -2, 0.25], [4, 3, -7]], np.float32)
WHOLE = np.array([[5, -7, 3], [2, 9, -1]], np.int32)
ROW = np.array([3, 2, -2], np.int32)

ARITHMETIC = ["add", "sub", "mul", "truediv", "floordiv", "mod"]
BITS = ["and_", "or_", "xor", "lshift", "rshift"]
COMPARISONS = ["lt", "le", "gt", "ge", "eq", "ne"]

Operation = Callable[[Any, Any], Any]


@pytest.mark.parametrize("name", ARITHMETIC + COMPARISONS)
def test_arrays_scalars_lists_and_numpy_arrays_on_either_side(backend: Backend, name: str) -> None:
    operation: Operation = getattr(operator, name)
    x = backend.asarray(FLOATS)
    for other in (ROW, ROW.tolist(), 2, 0.5):
        theirs = np.asarray(other, np.float32)
        np.testing.assert_allclose(operation(x, other).numpy(), operation(FLOATS, theirs), rtol=1e-6)
        np.testing.assert_allclose(operation(other, x).numpy(), operation(theirs, FLOATS), rtol=1e-6)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "floordiv", "mod", *COMPARISONS, *BITS])
def test_whole_numbers(backend: Backend, name: str) -> None:
    operation: Operation = getattr(operator, name)
    shifts = abs(ROW)
    result = operation(backend.asarray(WHOLE), backend.asarray(shifts))
    expected = operation(WHOLE, shifts)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result.numpy(), expected)
    np.testing.assert_array_equal(operation(backend.asarray(shifts), 3).numpy(), operation(shifts, 3))
    np.testing.assert_array_equal(operation(7, backend.asarray(shifts)).numpy(), operation(np.int32(7), shifts))


def test_power_and_matrix_product(backend: Backend) -> None:
    x = backend.asarray(abs(FLOATS))
    np.testing.assert_allclose((x**2).numpy(), FLOATS**2, rtol=1e-6)
    np.testing.assert_allclose((2**x).numpy(), 2 ** abs(FLOATS), rtol=1e-5)
    np.testing.assert_allclose((x @ x.T).numpy(), abs(FLOATS) @ abs(FLOATS).T, rtol=1e-6)
    reflected: Any = FLOATS.T.copy() @ x  # a NumPy array on the left asks ours
    np.testing.assert_allclose(reflected.numpy(), FLOATS.T @ abs(FLOATS), rtol=1e-6)


def test_operators_of_one_array(backend: Backend) -> None:
    x, n = backend.asarray(FLOATS), backend.asarray(WHOLE)
    np.testing.assert_array_equal((-x).numpy(), -FLOATS)
    np.testing.assert_array_equal((+x).numpy(), FLOATS)
    np.testing.assert_array_equal(abs(n).numpy(), abs(WHOLE))
    np.testing.assert_array_equal((~n).numpy(), ~WHOLE)


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"])
def test_in_place_operators_write_into_memory_that_others_share(backend: Backend, name: str) -> None:
    x = backend.asarray(abs(FLOATS))
    flat = x.reshape(-1)
    same = getattr(operator, name)(x, 2)
    assert same is x
    np.testing.assert_allclose(flat.numpy(), getattr(operator, name)(abs(FLOATS), np.float32(2)).reshape(-1), rtol=1e-6)


@pytest.mark.parametrize("name", ["iand", "ior", "ixor", "ilshift", "irshift"])
def test_in_place_operators_of_bits(backend: Backend, name: str) -> None:
    x = backend.asarray(WHOLE)
    getattr(operator, name)(x, 3)
    np.testing.assert_array_equal(x.numpy(), getattr(operator, name)(WHOLE.copy(), 3))


def test_a_square_matrix_is_multiplied_in_place(backend: Backend) -> None:
    x = backend.asarray([[1.0, 2.0], [3.0, 4.0]])
    x @= x
    np.testing.assert_array_equal(x.numpy(), [[7, 10], [15, 22]])


def test_in_place_operators_keep_shape_and_type(backend: Backend) -> None:
    n = backend.asarray(WHOLE)
    with pytest.raises(DTypeError, match="expected a result of int32, got float32"):
        n += 0.5
    row = backend.asarray(ROW)
    with pytest.raises(ShapeError, match=r"expected a result of shape \(3,\), got \(2, 3\)"):
        row += n
    np.testing.assert_array_equal(row.numpy(), ROW)


def test_what_is_no_operand_is_not_equal_and_not_added(backend: Backend) -> None:
    x = backend.asarray([1.0])
    assert bool(x == None) is False  # noqa: E711  # the comparison is what is tested
    assert bool(x != "a") is True
    with pytest.raises((TypeError, DTypeError)):
        x + "a"


def test_arrays_cannot_be_keys(backend: Backend) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(backend.asarray([1.0]))


def test_a_fraction_beside_whole_numbers_gives_float32(backend: Backend) -> None:
    x = backend.asarray([1, 2]) + 2.5
    assert x.dtype == mathcore.float32
    np.testing.assert_array_equal(x.numpy(), [3.5, 4.5])
