"""Element types: their names, how operands of several types meet, and what the types can hold.

Arrays on devices hold float32, int32, uint8 and bool; the NumPy backend has the standard's other real types too.
Operands meet by kind first (bool, then whole numbers, then floating point), by width second: a float32 array stays
float32 beside int32 or int64. Python numbers take the type of the array beside them.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mathcore.errors import DTypeError

if TYPE_CHECKING:
    from mathcore.array import NDArray

DType = np.dtype[Any]

float32: DType = np.dtype(np.float32)
float64: DType = np.dtype(np.float64)
int8: DType = np.dtype(np.int8)
int16: DType = np.dtype(np.int16)
int32: DType = np.dtype(np.int32)
int64: DType = np.dtype(np.int64)
uint8: DType = np.dtype(np.uint8)
uint16: DType = np.dtype(np.uint16)
uint32: DType = np.dtype(np.uint32)
uint64: DType = np.dtype(np.uint64)
bool: DType = np.dtype(np.bool_)

DEFAULT_FLOAT = float32
DEFAULT_INT = int32
INDEX = int32

ALL = (bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64)
KINDS = {
    "bool": (bool,),
    "signed integer": (int8, int16, int32, int64),
    "unsigned integer": (uint8, uint16, uint32, uint64),
    "integral": (int8, int16, int32, int64, uint8, uint16, uint32, uint64),
    "real floating": (float32, float64),
    "complex floating": (),
    "numeric": ALL[1:],
}
RANK = {"b": 0, "i": 1, "u": 1, "f": 2}


def is_floating(dtype: DType) -> builtins.bool:
    """Return whether the type is floating point."""
    return dtype.kind == "f"


def is_integer(dtype: DType) -> builtins.bool:
    """Return whether the type is of whole numbers; bool is not."""
    return dtype.kind in "iu"


@lru_cache(maxsize=1024)
def promote(*dtypes: DType) -> DType:
    """Return the type in which operands of these types meet.

    Raises:
        DTypeError: if there is none, as for uint64 and int32, or a type is not one of arrays.
    """
    for dtype in dtypes:
        if dtype not in ALL:
            raise DTypeError(f"expected one of {', '.join(map(str, ALL))}, got {dtype}; convert the values first")
    highest = max(RANK[dtype.kind] for dtype in dtypes)
    meeting = [dtype for dtype in dtypes if RANK[dtype.kind] == highest]
    result = meeting[0]
    for dtype in meeting[1:]:
        result = np.promote_types(result, dtype)
    if RANK[result.kind] != highest:
        named = " and ".join(map(str, meeting))
        raise DTypeError(f"expected whole numbers that one type can hold, got {named}; convert one with astype")
    return result


def result_type(*arrays_and_dtypes: NDArray | DType | complex) -> DType:
    """Return the type in which arrays, element types and Python numbers meet.

    Raises:
        DTypeError: if they meet in none.
    """
    strong = [_dtype_of(value) for value in arrays_and_dtypes if not isinstance(value, builtins.bool | int | float)]
    weak = [value for value in arrays_and_dtypes if isinstance(value, builtins.bool | int | float)]
    if not strong:
        if not weak:
            raise DTypeError("result_type: expected at least one array or element type, got none")
        return promote(*(default_dtype(value) for value in weak))
    dtype = promote(*strong)
    for value in weak:
        dtype = beside(dtype, value)
    return dtype


def beside(dtype: DType, value: builtins.bool | float) -> DType:
    """Return the type that an array of ``dtype`` and a Python number meet in: the array's, where its kind suffices."""
    default = default_dtype(value)
    return dtype if RANK[dtype.kind] >= RANK[default.kind] else default


def default_dtype(value: builtins.bool | float) -> DType:
    """Return the type that a Python number has where no array decides."""
    if isinstance(value, builtins.bool):
        return bool
    return DEFAULT_INT if isinstance(value, int) else DEFAULT_FLOAT


def _dtype_of(value: Any) -> DType:
    dtype: DType = np.dtype(getattr(value, "dtype", value))
    return dtype


def can_cast(from_: NDArray | DType, to: DType, /) -> builtins.bool:
    """Return whether values of ``from_`` keep their kind and value in ``to`` under the promotion rules."""
    source, target = _dtype_of(from_), np.dtype(to)
    if RANK[source.kind] != RANK[target.kind]:
        return RANK[source.kind] < RANK[target.kind]
    return np.can_cast(source, target)


def isdtype(dtype: DType, kind: str | DType | tuple[str | DType, ...]) -> builtins.bool:
    """Return whether ``dtype`` is of a kind (``"bool"``, ``"integral"``, ``"real floating"`` ...), or one of several.

    Raises:
        DTypeError: if a kind is unknown.
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, one) for one in kind)
    if isinstance(kind, str):
        if kind not in KINDS:
            raise DTypeError(f"isdtype: expected one of {', '.join(KINDS)}, got {kind!r}")
        return dtype in KINDS[kind]
    return np.dtype(dtype) == np.dtype(kind)


@dataclass(frozen=True)
class FloatInfo:
    """What a floating-point type can hold; fields as in the array API standard."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclass(frozen=True)
class IntInfo:
    """What a type of whole numbers can hold; fields as in the array API standard."""

    bits: int
    max: int
    min: int
    dtype: DType


def finfo(type: NDArray | DType, /) -> FloatInfo:
    """Return the limits of a floating-point type, or of an array's.

    Raises:
        DTypeError: if the type is not floating point.
    """
    dtype = _dtype_of(type)
    if not is_floating(dtype):
        raise DTypeError(f"finfo: expected float32 or float64, got {dtype}; use iinfo for whole numbers")
    info = np.finfo(dtype)
    return FloatInfo(
        info.bits, float(info.eps), float(info.max), float(info.min), float(info.smallest_normal), dtype
    )


def iinfo(type: NDArray | DType, /) -> IntInfo:
    """Return the limits of a type of whole numbers, or of an array's.

    Raises:
        DTypeError: if the type is not one of whole numbers.
    """
    dtype = _dtype_of(type)
    if not is_integer(dtype):
        raise DTypeError(f"iinfo: expected a type of whole numbers, got {dtype}; use finfo for floating point")
    info = np.iinfo(dtype)
    return IntInfo(info.bits, int(info.max), int(info.min), dtype)
