"""The public element-wise functions on both backends against NumPy: values, element types, operands of every sort."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mathcore
from mathcore.backends.base import Backend
from mathcore.errors import DeviceError, DTypeError, ShapeError

NUMPY_NAMES = {
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2",
    "atanh": "arctanh", "bitwise_invert": "invert", "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift", "pow": "power", "round": "rint",
}  # fmt: skip
FLOATING_UNARY = (
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp", "expm1", "log", "log10", "log1p", "log2",
    "reciprocal", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip
NUMERIC_UNARY = ("abs", "ceil", "floor", "negative", "positive", "round", "sign", "square", "trunc")
PREDICATES = ("isfinite", "isinf", "isnan", "logical_not", "signbit")
FLOATING_BINARY = ("atan2", "copysign", "divide", "hypot", "logaddexp", "nextafter")
NUMERIC_BINARY = ("add", "floor_divide", "maximum", "minimum", "multiply", "pow", "remainder", "subtract")
RELATIONS = (
    "equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or", "logical_xor", "not_equal",
)  # fmt: skip
BITS = ("bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor")
A = np.array([[0.25, -0.5, 0.0], [1.0, np.nan, -np.inf]], np.float32)
B = np.array([[2.0, 0.5, -0.75], [0.0, 1.0, 3.0]], np.float32)


def function(name: str) -> Callable[..., Any]:
    return getattr(mathcore, name)  # type: ignore[no-any-return]


def of_numpy(name: str) -> Callable[..., Any]:
    return getattr(np, NUMPY_NAMES.get(name, name))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", FLOATING_UNARY + NUMERIC_UNARY + PREDICATES)
def test_functions_of_one_array_agree_with_numpy(backend: Backend, name: str) -> None:
    actual = function(name)(backend.asarray(A)).numpy()
    with np.errstate(all="ignore"):
        expected = of_numpy(name)(A)
    # 5 units in the last place of the device and as many of NumPy
    np.testing.assert_allclose(actual, expected, rtol=1.2e-6, strict=True)


@pytest.mark.parametrize("name", FLOATING_BINARY + NUMERIC_BINARY + RELATIONS)
def test_functions_of_two_arrays_agree_with_numpy(backend: Backend, name: str) -> None:
    actual = function(name)(backend.asarray(A), backend.asarray(B)).numpy()
    with np.errstate(all="ignore"):
        expected = of_numpy(name)(A, B)
    np.testing.assert_allclose(actual, expected, rtol=2e-6, strict=True)  # 16 units in the last place for pow


@pytest.mark.parametrize("name", BITS)
def test_functions_of_bits_agree_with_numpy(backend: Backend, name: str) -> None:
    a, b = np.array([5, -6, 2**31 - 1], np.int32), np.array([1, 31, 3], np.int32)
    actual = function(name)(backend.asarray(a), backend.asarray(b)).numpy()
    np.testing.assert_array_equal(actual, of_numpy(name)(a, b), strict=True)
    inverted = mathcore.bitwise_invert(backend.asarray(a))
    np.testing.assert_array_equal(inverted.numpy(), ~a, strict=True)


@pytest.mark.parametrize("name", ["exp", "sqrt", "reciprocal", "divide", "atan2", "signbit"])
def test_functions_of_floating_point_convert_whole_numbers_and_bool(backend: Backend, name: str) -> None:
    for dtype in (np.int32, np.uint8, np.bool_):
        values = np.array([0, 1, 1], dtype)
        operands = [values] * (2 if name in FLOATING_BINARY else 1)
        with np.errstate(all="ignore"):
            expected = of_numpy(name)(*(x.astype(np.float32) for x in operands))
        actual = function(name)(*map(backend.asarray, operands)).numpy()
        np.testing.assert_allclose(actual, expected, rtol=1.2e-6, strict=True)


@pytest.mark.parametrize("name", ["ceil", "floor", "round", "trunc"])
def test_rounding_whole_numbers_copies_them(backend: Backend, name: str) -> None:
    x = backend.asarray([-3, 2**31 - 1])
    y = function(name)(x)
    assert y is not x
    np.testing.assert_array_equal(y.numpy(), x.numpy(), strict=True)


@given(
    st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=20),
    st.lists(st.integers(-40, 40), min_size=20, max_size=20),
)
@settings(deadline=None, max_examples=60)
def test_division_of_whole_numbers_is_that_of_python(backend: Backend, a: list[int], b: list[int]) -> None:
    x, y = backend.asarray(a, np.int32), backend.asarray(b[: len(a)], np.int32)
    quotients, rests = (x // y).numpy(), (x % y).numpy()
    for p, q, quotient, rest in zip(a, b, quotients.tolist(), rests.tolist(), strict=False):
        assert quotient == (0 if q == 0 else (p // q + 2**31) % 2**32 - 2**31)
        assert rest == (0 if q == 0 else p % q)


def test_dividing_the_smallest_whole_number_by_minus_one_wraps(backend: Backend) -> None:
    x, y = backend.asarray([-(2**31), -(2**31)]), backend.asarray([-1, 0])
    np.testing.assert_array_equal((x // y).numpy(), [-(2**31), 0])
    np.testing.assert_array_equal((x % y).numpy(), [0, 0])
    np.testing.assert_array_equal(mathcore.abs(x).numpy(), [-(2**31)] * 2)
    np.testing.assert_array_equal((x - 1).numpy(), [2**31 - 1] * 2)


def test_whole_powers_wrap_and_negative_ones_leave_only_one_and_minus_one(backend: Backend) -> None:
    x = backend.asarray([-2, -1, 0, 1, 2, 10])
    np.testing.assert_array_equal((x**3).numpy(), [-8, -1, 0, 1, 8, 1000])
    np.testing.assert_array_equal((x**-1).numpy(), [0, -1, 0, 1, 0, 0])
    np.testing.assert_array_equal((x**-2).numpy(), [0, 1, 0, 1, 0, 0])
    np.testing.assert_array_equal((x**0).numpy(), [1] * 6)
    np.testing.assert_array_equal((x**10).numpy(), [1024, 1, 0, 1, 1024, 10**10 % 2**32])


def test_shifts_by_the_width_or_more_and_by_negative_numbers_move_every_bit_out(backend: Backend) -> None:
    x, by = backend.asarray([5, -5, 5, -5, 5, -5]), backend.asarray([32, 32, 100, -1, -1, 31])
    np.testing.assert_array_equal((x << by).numpy(), [0, 0, 0, 0, 0, -(2**31)])
    np.testing.assert_array_equal((x >> by).numpy(), [0, -1, 0, -1, 0, -1])
    small = backend.asarray(np.array([255, 255], np.uint8))
    np.testing.assert_array_equal((small << backend.asarray(np.array([8, 7], np.uint8))).numpy(), [0, 128])


def test_python_numbers_take_the_type_of_the_array_beside_them(backend: Backend) -> None:
    whole, small = backend.asarray([1, 2]), backend.asarray(np.array([1, 2], np.uint8))
    assert mathcore.add(whole, 1).dtype == mathcore.int32
    assert mathcore.add(1.5, whole).dtype == mathcore.float32
    assert mathcore.multiply(small, 2).dtype == mathcore.uint8
    assert mathcore.add(small, whole).dtype == mathcore.int32
    assert mathcore.maximum(whole, backend.asarray(0.5)).dtype == mathcore.float32
    with pytest.raises(DTypeError, match="add: expected a number that uint8 can hold, got 300"):
        mathcore.add(small, 300)


def test_lists_and_numpy_arrays_are_copied_to_the_device(backend: Backend) -> None:
    x = backend.asarray([1.0, 2.0])
    for other in ([3, 4], (3.0, 4.0), np.array([3, 4], np.int32)):
        y = mathcore.add(x, other)
        assert y.backend is backend
        np.testing.assert_array_equal(y.numpy(), np.array([4, 6], np.float32), strict=True)


@pytest.mark.parametrize("low", [None, -0.5, [[0.0], [-0.25]]])
@pytest.mark.parametrize("high", [None, 0.5, [0.0, 0.25, 2.0]])
def test_clip_takes_numbers_arrays_and_none(backend: Backend, low: Any, high: Any) -> None:
    x = backend.asarray(A)
    y = mathcore.clip(x, low, max=high)
    expected = A if low is None else np.maximum(A, np.array(low, np.float32))
    expected = expected if high is None else np.minimum(expected, np.array(high, np.float32))
    assert y is not x
    np.testing.assert_array_equal(y.numpy(), expected, strict=True)


def test_clip_gives_nan_for_a_limit_of_nan_and_the_upper_limit_where_they_cross(backend: Backend) -> None:
    x = backend.asarray([1.0, 2.0])
    assert np.isnan(mathcore.clip(x, math.nan, 2.0).numpy()).all()
    np.testing.assert_array_equal(mathcore.clip(x, 5.0, 3.0).numpy(), [3.0, 3.0])


def test_where_chooses_by_truth_and_broadcasts(backend: Backend) -> None:
    condition, x = backend.asarray([[True], [False]]), backend.asarray([1, 2, 3])
    np.testing.assert_array_equal(mathcore.where(condition, x, 0).numpy(), [[1, 2, 3], [0, 0, 0]])
    np.testing.assert_array_equal(mathcore.where(x != 2, x, -1).numpy(), [1, -1, 3])
    assert mathcore.where(condition, x, 0.5).dtype == mathcore.float32
    numbers = mathcore.where(condition, 1, 2.5)
    assert (numbers.backend, numbers.dtype) == (backend, mathcore.float32)
    np.testing.assert_array_equal(numbers.numpy(), [[1.0], [2.5]])
    np.testing.assert_array_equal(mathcore.where(True, x, 0).numpy(), [1, 2, 3])


def test_logical_functions_take_numbers_by_their_truth(backend: Backend) -> None:
    x, y = backend.asarray([0.0, -0.0, np.nan, 2.0]), backend.asarray([1.0, 0.0, 1.0, 0.0])
    np.testing.assert_array_equal(mathcore.logical_and(x, y).numpy(), [False, False, True, False], strict=True)
    np.testing.assert_array_equal(mathcore.logical_xor(x, y).numpy(), [True, False, False, True], strict=True)
    np.testing.assert_array_equal(mathcore.logical_not(x).numpy(), [True, True, False, False], strict=True)


def test_what_does_not_fit_is_refused_in_one_line(backend: Backend) -> None:
    x = backend.asarray([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"^hypot: expected shapes that broadcast, got \(2,\) and \(3,\)"):
        mathcore.hypot(x, [1.0, 2.0, 3.0])
    with pytest.raises(DTypeError, match="^bitwise_or: expected int32, uint8 or bool, got float32"):
        mathcore.bitwise_or(x, 1)
    with pytest.raises(DTypeError, match="^negative: expected float32, int32 or uint8, got bool"):
        mathcore.negative(x > 1)
    other = mathcore.device("numpy" if backend.name == "opencl" else "opencl").backend.asarray([1.0, 2.0])
    with pytest.raises(DeviceError, match="^add: expected arrays of one device"):
        mathcore.add(x, other)


def test_empty_arrays_and_single_numbers_are_arrays_like_others(backend: Backend) -> None:
    empty = backend.zeros((0, 3))
    assert mathcore.add(empty, backend.zeros((1, 3))).shape == (0, 3)
    assert mathcore.exp(empty).shape == (0, 3)
    assert mathcore.add(backend.asarray(1.5), 1).item() == 2.5
