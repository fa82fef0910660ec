"""Sums, products, extremes, means, spreads and running sums, along one axis, several, or all.

Sums of floating point on devices are compensated: their error does not grow with the number of elements.
"""

from __future__ import annotations

import builtins
import math

import numpy as np
from numpy.typing import DTypeLike

from mathcore import dtypes
from mathcore.array import NDArray
from mathcore.backends.operations import Step
from mathcore.backends.shapes import contiguous_strides
from mathcore.errors import ShapeError
from mathcore.functions.elementwise import Operand
from mathcore.functions.operands import normalize_axes, normalize_axis, to_array
from mathcore.functions.reducing import Axes, check_floating, reduce_axes

__all__ = ["cumulative_prod", "cumulative_sum", "max", "mean", "min", "prod", "std", "sum", "var"]

NARROW = (dtypes.bool, dtypes.uint8, dtypes.int8, dtypes.int16)


def cumulative_prod(
    x: Operand, /, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> NDArray:
    """Return the running products along ``axis``, each including its own element.

    Args:
        x: numbers; whole numbers wrap.
        axis: may be left out for a vector.
        dtype: the type to compute in; by default int32 for bool, uint8, int8 and int16, else that of ``x``.
        include_initial: put a 1 before the first product.
    Raises:
        ShapeError: if there is no such axis, or ``x`` has several and none is named.
    """
    return _cumulative("cumulative_prod", "prod", x, axis, dtype, include_initial)


def cumulative_sum(
    x: Operand, /, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> NDArray:
    """Return the running sums along ``axis``, each including its own element.

    Args:
        x: numbers; whole numbers wrap.
        axis: may be left out for a vector.
        dtype: the type to compute in; by default int32 for bool, uint8, int8 and int16, else that of ``x``.
        include_initial: put a 0 before the first sum.
    Raises:
        ShapeError: if there is no such axis, or ``x`` has several and none is named.
    """
    return _cumulative("cumulative_sum", "sum", x, axis, dtype, include_initial)


def max(x: Operand, /, *, axis: Axes = None, keepdims: bool = False) -> NDArray:
    """Return the largest elements along ``axis``; NaN where there is one.

    Raises:
        ShapeError: if there is no such axis, or no element along it.
    """
    return reduce_axes("max", to_array("max", x), axis, keepdims=keepdims)


def mean(x: Operand, /, *, axis: Axes = None, keepdims: bool = False) -> NDArray:
    """Return the arithmetic means along ``axis``; NaN for the mean of nothing.

    Raises:
        ShapeError: if there is no such axis.
        DTypeError: if ``x`` is not of floating point.
    """
    return reduce_axes("mean", to_array("mean", x), axis, keepdims=keepdims)


def min(x: Operand, /, *, axis: Axes = None, keepdims: bool = False) -> NDArray:
    """Return the smallest elements along ``axis``; NaN where there is one.

    Raises:
        ShapeError: if there is no such axis, or no element along it.
    """
    return reduce_axes("min", to_array("min", x), axis, keepdims=keepdims)


def prod(x: Operand, /, *, axis: Axes = None, dtype: DTypeLike | None = None, keepdims: bool = False) -> NDArray:
    """Return the products along ``axis``; 1 for the product of nothing.

    Args:
        x: numbers; whole numbers wrap.
        axis: one, several, or None for all.
        dtype: the type to compute in; by default int32 for bool, uint8, int8 and int16, else that of ``x``.
        keepdims: leave the axes in place, with length 1.
    Raises:
        ShapeError: if there is no such axis.
    """
    return reduce_axes("prod", _widen(to_array("prod", x), dtype), axis, keepdims=keepdims)


def std(x: Operand, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False) -> NDArray:
    """Return the standard deviations along ``axis``, the square roots of what ``var`` gives.

    Raises:
        ShapeError: if there is no such axis.
        DTypeError: if ``x`` is not of floating point.
    """
    array = to_array("std", x)
    return array.backend.elementwise("sqrt", _variance("std", array, axis, correction, keepdims=keepdims))


def sum(x: Operand, /, *, axis: Axes = None, dtype: DTypeLike | None = None, keepdims: bool = False) -> NDArray:
    """Return the sums along ``axis``; 0 for the sum of nothing.

    Args:
        x: numbers; whole numbers wrap.
        axis: one, several, or None for all.
        dtype: the type to compute in; by default int32 for bool, uint8, int8 and int16, else that of ``x``.
        keepdims: leave the axes in place, with length 1.
    Raises:
        ShapeError: if there is no such axis.
    """
    return reduce_axes("sum", _widen(to_array("sum", x), dtype), axis, keepdims=keepdims)


def var(x: Operand, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False) -> NDArray:
    """Return the variances along ``axis``: the sums of squared deviations from the mean, over n - ``correction``.

    NaN or infinity where that is not positive.

    Raises:
        ShapeError: if there is no such axis.
        DTypeError: if ``x`` is not of floating point.
    """
    return _variance("var", to_array("var", x), axis, correction, keepdims=keepdims)


def _variance(name: str, x: NDArray, axis: Axes, correction: float, *, keepdims: bool) -> NDArray:
    check_floating(name, x)
    axes = normalize_axes(name, axis, x.ndim)
    backend = x.backend
    center = reduce_axes("mean", x, axes, keepdims=True)
    deviation, square = Step("subtract", (0, 1), x.dtype), Step("multiply", (2, 2), x.dtype)
    total = reduce_axes("sum", backend.chain((deviation, square), x, center), axes, keepdims=keepdims)
    count = math.prod(x.shape[number] for number in axes) - correction
    return backend.elementwise("divide", total, backend.asarray(np.asarray(builtins.max(count, 0), x.dtype)))


def _cumulative(
    name: str, operation: str, x: Operand, axis: int | None, dtype: DTypeLike | None, include_initial: bool
) -> NDArray:
    array = to_array(name, x)
    if axis is None and array.ndim != 1:
        raise ShapeError(f"{name}: expected a vector where no axis is named, got shape {array.shape}; name an axis")
    number = 0 if axis is None else normalize_axis(name, axis, array.ndim)
    y = array.backend.scan(operation, _widen(array, dtype), number)
    return _with_initial(y, number, 0 if operation == "sum" else 1) if include_initial else y


def _with_initial(x: NDArray, axis: int, value: int) -> NDArray:
    """Return ``x`` with ``value`` before its first elements along ``axis``."""
    backend = x.backend
    shape = (*x.shape[:axis], x.shape[axis] + 1, *x.shape[axis + 1 :])
    y = backend.empty(shape, x.dtype)
    strides = contiguous_strides(shape)
    first = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    backend.write_strided(y, 0, strides, first, backend.asarray(np.asarray(value, x.dtype)))
    backend.write_strided(y, strides[axis], strides, x.shape, x)
    return y


def _widen(x: NDArray, dtype: DTypeLike | None) -> NDArray:
    """Return ``x`` in the type that its sums and products are computed in."""
    if dtype is None:
        dtype = dtypes.DEFAULT_INT if x.dtype in NARROW else x.dtype
    return x.astype(dtype, copy=False)
