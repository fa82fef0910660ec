"""Comparisons and predicates, element by element: the results are bool. NaN equals nothing, not even itself."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.elementwise import Operand, apply, apply_floating

__all__ = [
    "equal",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "not_equal",
    "signbit",
]


def equal(x1: Operand, x2: Operand, /) -> NDArray:
    """Return whether ``x1 == x2``."""
    return apply("equal", x1, x2)


def greater(x1: Operand, x2: Operand, /) -> NDArray:
    """Return whether ``x1 > x2``."""
    return apply("greater", x1, x2)


def greater_equal(x1: Operand, x2: Operand, /) -> NDArray:
    """Return whether ``x1 >= x2``."""
    return apply("greater_equal", x1, x2)


def isfinite(x: Operand, /) -> NDArray:
    """Return whether ``x`` is neither NaN nor infinite."""
    return apply("isfinite", x)


def isinf(x: Operand, /) -> NDArray:
    """Return whether ``x`` is infinite."""
    return apply("isinf", x)


def isnan(x: Operand, /) -> NDArray:
    """Return whether ``x`` is NaN."""
    return apply("isnan", x)


def less(x1: Operand, x2: Operand, /) -> NDArray:
    """Return whether ``x1 < x2``."""
    return apply("less", x1, x2)


def less_equal(x1: Operand, x2: Operand, /) -> NDArray:
    """Return whether ``x1 <= x2``."""
    return apply("less_equal", x1, x2)


def not_equal(x1: Operand, x2: Operand, /) -> NDArray:
    """Return whether ``x1 != x2``."""
    return apply("not_equal", x1, x2)


def signbit(x: Operand, /) -> NDArray:
    """Return whether the sign bit is set, as it is in -0.0; whole numbers are taken as floating point."""
    return apply_floating("signbit", x)
