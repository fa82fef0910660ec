"""Rounding and limiting, element by element. Whole numbers are round already: they are copied."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.elementwise import Operand, apply
from mathcore.functions.operands import to_arrays

__all__ = ["ceil", "clip", "floor", "maximum", "minimum", "round", "trunc"]


def ceil(x: Operand, /) -> NDArray:
    """Return ``x`` rounded up."""
    return apply("ceil", x)


def clip(x: Operand, /, min: Operand | None = None, max: Operand | None = None) -> NDArray:
    """Return ``x`` raised to ``min`` where it is below, then lowered to ``max`` where it is above."""
    if min is not None and max is not None:
        return apply("clip", x, min, max)
    if max is not None:
        return apply("minimum", x, max)
    if min is not None:
        return apply("maximum", x, min)
    (copied,) = to_arrays("clip", x)
    return copied.backend.cast(copied, copied.dtype)


def floor(x: Operand, /) -> NDArray:
    """Return ``x`` rounded down."""
    return apply("floor", x)


def maximum(x1: Operand, x2: Operand, /) -> NDArray:
    """Return the larger one; NaN if either is."""
    return apply("maximum", x1, x2)


def minimum(x1: Operand, x2: Operand, /) -> NDArray:
    """Return the smaller one; NaN if either is."""
    return apply("minimum", x1, x2)


def round(x: Operand, /) -> NDArray:
    """Return ``x`` rounded to the nearest whole number; halves to the even one."""
    return apply("round", x)


def trunc(x: Operand, /) -> NDArray:
    """Return ``x`` rounded towards zero."""
    return apply("trunc", x)
