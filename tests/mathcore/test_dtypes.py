"""Element types: how they meet, what they can hold."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mathcore import dtypes
from mathcore.backends import Backend
from mathcore.dtypes import can_cast, finfo, iinfo, isdtype, promote, result_type
from mathcore.errors import DTypeError

DEVICE_TYPES = ("bool", "uint8", "int32", "float32")


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations_with_replacement(range(4), 2)))
def test_of_two_device_types_the_later_in_bool_uint8_int32_float32_wins(first: int, second: int) -> None:
    a, b = np.dtype(DEVICE_TYPES[first]), np.dtype(DEVICE_TYPES[second])
    assert promote(a, b) == promote(b, a) == b


@pytest.mark.parametrize("dtype", [d for d in dtypes.ALL if d.kind in "iu"])
def test_whole_numbers_beside_floating_point_take_its_type(dtype: np.dtype[np.generic]) -> None:
    assert promote(dtype, dtypes.float32) == dtypes.float32
    assert promote(dtypes.float64, dtype) == dtypes.float64


def test_whole_numbers_meet_where_the_standard_says() -> None:
    assert promote(dtypes.int8, dtypes.uint8) == dtypes.int16
    assert promote(dtypes.int32, dtypes.uint32) == dtypes.int64
    assert promote(dtypes.int32, dtypes.int64, dtypes.uint8) == dtypes.int64
    with pytest.raises(DTypeError, match="uint64 and int8"):
        promote(dtypes.uint64, dtypes.int8)


def test_python_numbers_take_the_type_of_the_array_where_its_kind_suffices() -> None:
    assert result_type(dtypes.uint8, 3) == dtypes.uint8
    assert result_type(dtypes.float32, 3, True) == dtypes.float32
    assert result_type(dtypes.int32, 1.5) == dtypes.float32
    assert result_type(dtypes.float64, 1.5) == dtypes.float64
    assert result_type(dtypes.bool, 2) == dtypes.int32
    assert result_type(1, 2.5) == dtypes.float32
    assert result_type(True) == dtypes.bool
    with pytest.raises(DTypeError, match="at least one"):
        result_type()


def test_types_of_arrays_are_asked_for_too(backend: Backend) -> None:
    x = backend.asarray([1, 2])
    assert result_type(x, dtypes.float32) == dtypes.float32
    assert can_cast(x, dtypes.float32)
    assert iinfo(x).max == 2**31 - 1


def test_complex_numbers_and_strings_are_refused() -> None:
    with pytest.raises(DTypeError, match="got complex64"):
        promote(np.dtype(np.complex64), dtypes.float32)
    with pytest.raises(DTypeError, match="got <U3"):
        promote(np.dtype("<U3"))


def test_casts_that_promotion_could_make_are_safe() -> None:
    assert can_cast(dtypes.uint8, dtypes.int32)
    assert can_cast(dtypes.bool, dtypes.bool)
    assert can_cast(dtypes.bool, dtypes.uint8)
    assert can_cast(dtypes.int32, dtypes.float32)
    assert not can_cast(dtypes.float32, dtypes.int32)
    assert not can_cast(dtypes.int32, dtypes.uint8)
    assert not can_cast(dtypes.uint8, dtypes.bool)
    assert not can_cast(dtypes.float64, dtypes.float32)


@pytest.mark.parametrize("kind", ["bool", "signed integer", "unsigned integer", "integral", "real floating", "numeric"])
def test_kinds_agree_with_numpy(kind: str) -> None:
    for dtype in dtypes.ALL:
        assert isdtype(dtype, kind) == np.isdtype(dtype, kind)


def test_kinds_may_be_types_or_several() -> None:
    assert isdtype(dtypes.int32, (dtypes.float32, "integral"))
    assert not isdtype(dtypes.int32, dtypes.int64)
    assert not isdtype(dtypes.float32, "complex floating")
    with pytest.raises(DTypeError, match="got 'whole'"):
        isdtype(dtypes.int32, "whole")


def test_limits_are_those_of_numpy() -> None:
    floats, wholes = finfo(dtypes.float32), iinfo(dtypes.uint8)
    assert (floats.bits, floats.eps, floats.dtype) == (32, 2.0**-23, dtypes.float32)
    assert (floats.max, floats.min) == (float(np.finfo(np.float32).max), float(np.finfo(np.float32).min))
    assert floats.smallest_normal == 2.0**-126
    assert (wholes.bits, wholes.min, wholes.max, wholes.dtype) == (8, 0, 255, dtypes.uint8)
    with pytest.raises(DTypeError, match="use iinfo"):
        finfo(dtypes.int32)
    with pytest.raises(DTypeError, match="use finfo"):
        iinfo(dtypes.float32)
