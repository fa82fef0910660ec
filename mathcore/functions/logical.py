"""Combining truth values, element by element. Of numbers, all but 0 are true."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.elementwise import Operand, apply

__all__ = ["logical_and", "logical_not", "logical_or", "logical_xor"]


def logical_and(x1: Operand, x2: Operand, /) -> NDArray:
    """Return whether both are true."""
    return apply("logical_and", x1, x2)


def logical_not(x: Operand, /) -> NDArray:
    """Return whether ``x`` is false."""
    return apply("logical_not", x)


def logical_or(x1: Operand, x2: Operand, /) -> NDArray:
    """Return whether either is true."""
    return apply("logical_or", x1, x2)


def logical_xor(x1: Operand, x2: Operand, /) -> NDArray:
    """Return whether exactly one is true."""
    return apply("logical_xor", x1, x2)
