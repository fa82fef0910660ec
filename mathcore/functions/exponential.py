"""Exponentials, logarithms and powers, element by element."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.functions.elementwise import Operand, apply, apply_floating

__all__ = ["exp", "expm1", "log", "log1p", "log2", "log10", "logaddexp", "pow"]


def exp(x: Operand, /) -> NDArray:
    """Return e to the power ``x``, in floating point."""
    return apply_floating("exp", x)


def expm1(x: Operand, /) -> NDArray:
    """Return ``exp(x) - 1``, exact to the last places near 0, in floating point."""
    return apply_floating("expm1", x)


def log(x: Operand, /) -> NDArray:
    """Return the natural logarithm in floating point: -infinity for 0, NaN for negative numbers."""
    return apply_floating("log", x)


def log1p(x: Operand, /) -> NDArray:
    """Return ``log(1 + x)``, exact to the last places near 0, in floating point."""
    return apply_floating("log1p", x)


def log2(x: Operand, /) -> NDArray:
    """Return the logarithm to base 2, in floating point."""
    return apply_floating("log2", x)


def log10(x: Operand, /) -> NDArray:
    """Return the logarithm to base 10, in floating point."""
    return apply_floating("log10", x)


def logaddexp(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``log(exp(x1) + exp(x2))`` without overflow on the way, in floating point."""
    return apply_floating("logaddexp", x1, x2)


def pow(x1: Operand, x2: Operand, /) -> NDArray:
    """Return ``x1`` to the power ``x2``.

    Whole numbers wrap on overflow; to a negative power, 1 and -1 give 1 or -1 and all others 0.
    """
    return apply("pow", x1, x2)
