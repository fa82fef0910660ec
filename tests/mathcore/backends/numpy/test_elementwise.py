"""Element-wise operations of the NumPy backend: the rules where plain NumPy has others, and for every element type."""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore.backends.numpy.elementwise import cast, chain, elementwise
from mathcore.backends.operations import BOOL, OPERATIONS, DType, Step
from mathcore.errors import DTypeError, ShapeError

WHOLE = [np.dtype(name) for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")]
ALL = [BOOL, *WHOLE, np.dtype(np.float32), np.dtype(np.float64)]


def pairs(dtype: DType) -> list[tuple[int, int]]:
    limits = np.iinfo(dtype)
    edges = [limits.min, limits.min + 1, limits.max, 0, 1, 2, 3, 7, 8, limits.bits - 1, limits.bits]
    values = edges + ([-1, -2, -7] if limits.min else [])
    return list(itertools.product(values, values))


def wrapped(number: int, dtype: DType) -> int:
    least, bits = int(np.iinfo(dtype).min), 8 * dtype.itemsize
    return (number - least) % (1 << bits) + least


def of_whole(operation: str, a: int, b: int, bits: int) -> int:
    """Return what Python's whole numbers give, and the rule where they give nothing."""
    if operation in ("floor_divide", "remainder"):
        return 0 if b == 0 else a // b if operation == "floor_divide" else a % b
    if operation == "pow":
        return int(pow(a, b, 2**bits)) if b >= 0 else {1: 1, -1: 1 - 2 * (b % 2)}.get(a, 0)
    shift = b if 0 <= b < bits else bits
    return a * 2**shift if operation == "bitwise_left_shift" else a >> shift


@pytest.mark.parametrize("operation", ["floor_divide", "remainder", "pow", "bitwise_left_shift", "bitwise_right_shift"])
@pytest.mark.parametrize("dtype", WHOLE, ids=str)
def test_whole_numbers_follow_python_and_wrap(operation: str, dtype: DType) -> None:
    a, b = (np.array(column, dtype) for column in zip(*pairs(dtype), strict=True))
    expected = [wrapped(of_whole(operation, x, y, np.iinfo(dtype).bits), dtype) for x, y in pairs(dtype)]
    np.testing.assert_array_equal(elementwise(operation, a, b), np.array(expected, dtype), strict=True)


@pytest.mark.parametrize("dtype", WHOLE, ids=str)
def test_sums_differences_and_products_of_whole_numbers_wrap(dtype: DType) -> None:
    a, b = (np.array(column, dtype) for column in zip(*pairs(dtype), strict=True))
    for operation, function in (("add", int.__add__), ("subtract", int.__sub__), ("multiply", int.__mul__)):
        expected = [wrapped(function(x, y), dtype) for x, y in pairs(dtype)]
        np.testing.assert_array_equal(elementwise(operation, a, b), np.array(expected, dtype), strict=True)


@pytest.mark.parametrize("operation", list(OPERATIONS))
def test_operations_keep_the_type_or_give_bool_and_never_warn(operation: str) -> None:
    count, kinds, truth = OPERATIONS[operation]
    for dtype in (dtype for dtype in ALL if dtype.kind in kinds):
        x = np.array([[0, 1, 2]]).astype(dtype)
        values = [x.astype(bool), x, x] if operation == "where" else [x] * count
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            y = elementwise(operation, *values)
        assert (y.shape, y.dtype) == ((1, 3), BOOL if truth else dtype)
        assert not np.shares_memory(x, y)


def test_halves_are_rounded_to_even_and_signs_of_zero_stay() -> None:
    x = np.array([0.5, 1.5, 2.5, -0.5, -2.5, -0.0, np.nan], np.float32)
    y = elementwise("round", x)
    np.testing.assert_array_equal(y, np.array([0, 2, 2, -0.0, -2, -0.0, np.nan], np.float32))
    np.testing.assert_array_equal(np.signbit(y[:6]), [False, False, False, True, True, True])


def test_nan_is_kept_by_limits_and_signs() -> None:
    nan, one = np.array(np.nan, np.float32), np.array(1, np.float32)
    for operation in ("maximum", "minimum"):
        assert math.isnan(elementwise(operation, nan, one)) and math.isnan(elementwise(operation, one, nan))  # noqa: PT018
    assert math.isnan(elementwise("sign", nan))
    assert math.isnan(elementwise("clip", nan, one, one))


@given(st.floats(width=32), st.sampled_from(WHOLE))
@settings(deadline=None, max_examples=200)
def test_numbers_are_cut_towards_zero_and_saturate(value: float, dtype: DType) -> None:
    limits = np.iinfo(dtype)
    cut = 0 if math.isnan(value) else value if math.isinf(value) else math.trunc(value)
    for source in (np.float32, np.float64):
        assert int(cast(np.asarray(value, source), dtype)) == int(min(max(cut, limits.min), limits.max))


@pytest.mark.parametrize("target", ALL, ids=str)
@pytest.mark.parametrize("source", ALL, ids=str)
def test_casts_give_a_copy_of_the_type_asked_for(source: DType, target: DType) -> None:
    x = np.array([[0, 1, 100]]).astype(source)
    y = cast(x, target)
    assert y.dtype == target
    assert not np.shares_memory(x, y)
    np.testing.assert_array_equal(y, x.astype(target))


def test_whole_numbers_wrap_in_narrower_types_and_all_but_zero_is_true() -> None:
    np.testing.assert_array_equal(cast(np.array([-1, 256, 300], np.int32), np.dtype(np.uint8)), [255, 0, 44])
    np.testing.assert_array_equal(cast(np.array([0, -0.0, np.nan, 0.1], np.float32), BOOL), [False, False, True, True])


def test_a_chain_applies_its_steps_in_order() -> None:
    float32, int32 = np.dtype(np.float32), np.dtype(np.int32)
    steps = (Step("constant", (), int32, "3"), Step("add", (0, 1), int32), Step("cast", (2,), float32))
    np.testing.assert_array_equal(chain(steps, np.array([1, 2], np.int32)), np.array([4, 5], np.float32), strict=True)


def test_operands_that_do_not_fit_are_refused() -> None:
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(ShapeError, match=r"add: expected shapes that broadcast, got \(2, 3\) and \(2,\)"):
        elementwise("add", x, np.zeros(2, np.float32))
    with pytest.raises(DTypeError, match="add: expected 2 operands, got 1"):
        elementwise("add", x)
    with pytest.raises(DTypeError, match="expected one of abs, .*, got operation 'cbrt'"):
        elementwise("cbrt", x)
    with pytest.raises(DTypeError, match="where: expected a bool condition, got float32"):
        elementwise("where", x, x, x)
    with pytest.raises(DTypeError, match="bitwise_and: expected int32, uint8 or bool, got float32"):
        elementwise("bitwise_and", x, x)
