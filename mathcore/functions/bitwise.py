"""Operations on the bits of whole numbers, and on bool, element by element.

Shifts by the width of the type or more, and by negative numbers, shift every bit out.
"""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.elementwise import Operand, apply

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
]


def bitwise_and(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 & x2``."""
    return apply("bitwise_and", x1, x2)


def bitwise_invert(x: Operand, /) -> NDArray:
    """Return ``~x``."""
    return apply("bitwise_invert", x)


def bitwise_left_shift(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 << x2`` of whole numbers."""
    return apply("bitwise_left_shift", x1, x2)


def bitwise_or(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 | x2``."""
    return apply("bitwise_or", x1, x2)


def bitwise_right_shift(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 >> x2`` of whole numbers; signed ones keep their sign."""
    return apply("bitwise_right_shift", x1, x2)


def bitwise_xor(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 ^ x2``."""
    return apply("bitwise_xor", x1, x2)
