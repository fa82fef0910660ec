"""Trigonometric and hyperbolic functions and their inverses, in floating point. Angles are radians."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.elementwise import Operand, apply_floating

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "sin",
    "sinh",
    "tan",
    "tanh",
]


def acos(x: Operand, /) -> NDArray:
    """Return the angle in [0, pi] whose cosine is ``x``; NaN outside [-1, 1]."""
    return apply_floating("acos", x)


def acosh(x: Operand, /) -> NDArray:
    """Return the number of at least 0 whose hyperbolic cosine is ``x``; NaN below 1."""
    return apply_floating("acosh", x)


def asin(x: Operand, /) -> NDArray:
    """Return the angle in [-pi/2, pi/2] whose sine is ``x``; NaN outside [-1, 1]."""
    return apply_floating("asin", x)


def asinh(x: Operand, /) -> NDArray:
    """Return the number whose hyperbolic sine is ``x``."""
    return apply_floating("asinh", x)


def atan(x: Operand, /) -> NDArray:
    """Return the angle in [-pi/2, pi/2] whose tangent is ``x``."""
    return apply_floating("atan", x)


def atan2(x1: Operand, x2: Operand, /) -> NDArray:
    """Return the angle in [-pi, pi] of the point with ordinate ``x1`` and abscissa ``x2``."""
    return apply_floating("atan2", x1, x2)


def atanh(x: Operand, /) -> NDArray:
    """Return the number whose hyperbolic tangent is ``x``; infinite at -1 and 1, NaN beyond."""
    return apply_floating("atanh", x)


def cos(x: Operand, /) -> NDArray:
    """Return the cosine."""
    return apply_floating("cos", x)


def cosh(x: Operand, /) -> NDArray:
    """Return the hyperbolic cosine."""
    return apply_floating("cosh", x)


def sin(x: Operand, /) -> NDArray:
    """Return the sine."""
    return apply_floating("sin", x)


def sinh(x: Operand, /) -> NDArray:
    """Return the hyperbolic sine."""
    return apply_floating("sinh", x)


def tan(x: Operand, /) -> NDArray:
    """Return the tangent."""
    return apply_floating("tan", x)


def tanh(x: Operand, /) -> NDArray:
    """Return the hyperbolic tangent."""
    return apply_floating("tanh", x)
