"""Element-wise operations: their names, the operands they take, the element types they give, and chains of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mathcore.errors import DTypeError

DType = np.dtype[Any]

BOOL: DType = np.dtype(np.bool_)
MOST_OPERANDS = 8

FLOATS, WHOLE, NUMBERS, BITS, ALL = "f", "iu", "iuf", "biu", "biuf"
NAMES = {
    FLOATS: "float32",
    WHOLE: "int32 or uint8",
    NUMBERS: "float32, int32 or uint8",
    BITS: "int32, uint8 or bool",
}


class Operation(NamedTuple):
    """What an operation takes and gives.

    Attributes:
        operands: how many.
        kinds: the kinds of their element type, one letter each as in NumPy.
        truth: whether the result is bool; else it has the operands' type.
    """

    operands: int
    kinds: str
    truth: bool


OPERATIONS = {
    name: Operation(operands, kinds, truth)
    for operands, kinds, truth, names in (
        (1, FLOATS, False, "acos acosh asin asinh atan atanh cos cosh erf exp expm1 log log10 log1p log2"),
        (1, FLOATS, False, "reciprocal sin sinh sqrt tan tanh"),
        (1, NUMBERS, False, "ceil floor negative positive round sign square trunc"),
        (1, ALL, False, "abs"),
        (1, BITS, False, "bitwise_invert"),
        (1, FLOATS, True, "signbit"),
        (1, ALL, True, "isfinite isinf isnan logical_not"),
        (2, FLOATS, False, "atan2 copysign divide hypot logaddexp nextafter"),
        (2, NUMBERS, False, "floor_divide pow remainder subtract"),
        (2, ALL, False, "add maximum minimum multiply"),
        (2, WHOLE, False, "bitwise_left_shift bitwise_right_shift"),
        (2, BITS, False, "bitwise_and bitwise_or bitwise_xor"),
        (2, ALL, True, "equal greater greater_equal less less_equal not_equal logical_and logical_or logical_xor"),
        (3, NUMBERS, False, "clip"),
        (3, ALL, False, "where"),
    )
    for name in names.split()
}


class Step(NamedTuple):
    """One step of a chain.

    Attributes:
        operation: one of ``OPERATIONS``, ``"cast"`` or ``"constant"``.
        inputs: numbers of the values it takes: the chain's operands come first, then what its steps give, in order.
        dtype: the element type of what it gives.
        value: of a constant, as a decimal number or as ``float.hex`` writes it.
    """

    operation: str
    inputs: tuple[int, ...]
    dtype: DType
    value: str = ""


Chain = tuple[Step, ...]
"""Steps, the last of which gives the result."""


def result_dtype(operation: str, dtypes: tuple[DType, ...]) -> DType:
    """Return the element type that an operation gives.

    Operands have one type: values are never converted silently. ``where`` takes a bool array before its two.

    Raises:
        DTypeError: if the operation does not exist, or takes no such operands.
    """
    if operation not in OPERATIONS:
        raise DTypeError(f"expected one of {', '.join(sorted(OPERATIONS))}, got operation {operation!r}")
    count, kinds, truth = OPERATIONS[operation]
    if len(dtypes) != count:
        raise DTypeError(f"{operation}: expected {count} operands, got {len(dtypes)}")
    if operation == "where":
        if dtypes[0] != BOOL:
            raise DTypeError(f"where: expected a bool condition, got {dtypes[0]}; compare it with something")
        dtypes = dtypes[1:]
    if len(set(dtypes)) > 1:
        named = " and ".join(str(dtype) for dtype in dtypes)
        raise DTypeError(f"{operation}: expected operands of one dtype, got {named}; convert one with astype")
    if dtypes[0].kind not in kinds:
        raise DTypeError(f"{operation}: expected {NAMES[kinds]}, got {dtypes[0]}; convert it with astype")
    return BOOL if truth else dtypes[0]
