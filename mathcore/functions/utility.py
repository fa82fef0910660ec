"""Whether all or any elements hold, and differences of neighbours."""

from __future__ import annotations

from mathcore.array import NDArray
from mathcore.backends.shapes import contiguous_strides
from mathcore.errors import MathcoreError
from mathcore.functions.elementwise import Operand
from mathcore.functions.joining import concat
from mathcore.functions.operands import normalize_axis, to_array, to_arrays
from mathcore.functions.reducing import Axes, reduce_axes

__all__ = ["all", "any", "diff"]


def all(x: Operand, /, *, axis: Axes = None, keepdims: bool = False) -> NDArray:
    """Return whether all elements along ``axis`` are other than 0; True of nothing, and NaN is not 0.

    Raises:
        ShapeError: if there is no such axis.
    """
    return reduce_axes("all", to_array("all", x), axis, keepdims=keepdims)


def any(x: Operand, /, *, axis: Axes = None, keepdims: bool = False) -> NDArray:
    """Return whether an element along ``axis`` is other than 0; False of nothing, and NaN is not 0.

    Raises:
        ShapeError: if there is no such axis.
    """
    return reduce_axes("any", to_array("any", x), axis, keepdims=keepdims)


def diff(
    x: Operand, /, *, axis: int = -1, n: int = 1, prepend: NDArray | None = None, append: NDArray | None = None
) -> NDArray:
    """Return the differences of neighbours along ``axis``: each element less the one before.

    Args:
        x: numbers; whole numbers wrap.
        axis: the axis along which neighbours are.
        n: how often differences are taken, one after the other.
        prepend: what to put before ``x`` along ``axis`` first, in its shape save for that axis.
        append: the same, behind ``x``.
    Raises:
        ShapeError: if there is no such axis, or the shapes do not fit.
        MathcoreError: if ``n`` is negative.
        DTypeError: if ``x`` is bool.
    """
    parts = [part for part in (prepend, x, append) if part is not None]
    arrays = to_arrays("diff", *parts) if len(parts) > 1 else [to_array("diff", x)]
    number = normalize_axis("diff", axis, arrays[0].ndim)
    if n < 0:
        raise MathcoreError(f"diff: expected n of 0 or more, got {n}")
    y = concat(arrays, axis=number) if len(arrays) > 1 else arrays[0]
    for _ in range(n):
        y = _differences(y, number)
    return y


def _differences(x: NDArray, axis: int) -> NDArray:
    strides = contiguous_strides(x.shape)
    shape = (*x.shape[:axis], max(x.shape[axis] - 1, 0), *x.shape[axis + 1 :])
    after, before = (x.backend.read_strided(x, offset, strides, shape) for offset in (strides[axis], 0))
    return x.backend.elementwise("subtract", after, before)
