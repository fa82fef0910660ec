"""Arithmetic, element by element. Whole numbers wrap on overflow; a division of them by zero gives 0."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.elementwise import Operand, apply, apply_floating

__all__ = [
    "abs",
    "add",
    "copysign",
    "divide",
    "floor_divide",
    "hypot",
    "multiply",
    "negative",
    "nextafter",
    "positive",
    "reciprocal",
    "remainder",
    "sign",
    "sqrt",
    "square",
    "subtract",
]


def abs(x: Operand, /) -> NDArray:
    """Return the absolute value; that of the smallest whole number is itself."""
    return apply("abs", x)


def add(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 + x2``; of bool, whether either is True."""
    return apply("add", x1, x2)


def copysign(x1: Operand, x2: Operand, /) -> NDArray:
    """Return the magnitude of ``x1`` with the sign of ``x2``, in floating point."""
    return apply_floating("copysign", x1, x2)


def divide(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 / x2`` in floating point."""
    return apply_floating("divide", x1, x2)


def floor_divide(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 / x2`` rounded down; of whole numbers, 0 where ``x2`` is 0."""
    return apply("floor_divide", x1, x2)


def hypot(x1: Operand, x2: Operand, /) -> NDArray:
    """Return the square root of ``x1**2 + x2**2`` without overflow on the way, in floating point."""
    return apply_floating("hypot", x1, x2)


def multiply(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 * x2``; of bool, whether both are True."""
    return apply("multiply", x1, x2)


def negative(x: Operand, /) -> NDArray:
    """Return ``-x``."""
    return apply("negative", x)


def nextafter(x1: Operand, x2: Operand, /) -> NDArray:
    """Return the floating-point number next to ``x1`` towards ``x2``."""
    return apply_floating("nextafter", x1, x2)


def positive(x: Operand, /) -> NDArray:
    """Return a copy of ``x``."""
    return apply("positive", x)


def reciprocal(x: Operand, /) -> NDArray:
    """Return ``1 / x`` in floating point."""
    return apply_floating("reciprocal", x)


def remainder(x1: Operand, x2: Operand, /) -> NDArray:
    """Return what ``floor_divide`` leaves, with the sign of ``x2``; of whole numbers, 0 where ``x2`` is 0."""
    return apply("remainder", x1, x2)


def sign(x: Operand, /) -> NDArray:
    """Return -1, 0 or 1; NaN for NaN."""
    return apply("sign", x)


def sqrt(x: Operand, /) -> NDArray:
    """Return the square root in floating point; NaN for negative numbers."""
    return apply_floating("sqrt", x)


def square(x: Operand, /) -> NDArray:
    """Return ``x * x``."""
    return apply("square", x)


def subtract(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1 - x2``."""
    return apply("subtract", x1, x2)
