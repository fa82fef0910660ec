"""Reducing several axes with backend primitives that reduce one: neighbouring axes become one, others are moved."""

from __future__ import annotations

import math

from mathcore.array import NDArray
from mathcore.dtypes import is_floating
from mathcore.errors import DTypeError
from mathcore.functions.operands import normalize_axes

Axes = int | tuple[int, ...] | None
"""One axis, several, or None for all."""


def reduce_axes(operation: str, x: NDArray, axis: Axes, *, keepdims: bool) -> NDArray:
    """Return the reduction ``operation`` of ``x`` along ``axis``; ``keepdims`` leaves reduced axes with length 1.

    Raises:
        ShapeError: if there is no such axis, or there is nothing to reduce and the operation has no value for that.
        DTypeError: if the operation is not defined for the element type.
    """
    axes = normalize_axes(operation, axis, x.ndim)
    backend = x.backend
    kept = tuple(number for number in range(x.ndim) if number not in axes)
    outer = tuple(x.shape[number] for number in kept)
    if not kept:
        y = backend.reduce(operation, x, None)
    elif axes == tuple(range(axes[0], axes[0] + len(axes)) if axes else ()):
        first = axes[0] if axes else x.ndim
        merged = (*outer[:first], math.prod(x.shape[number] for number in axes), *outer[first:])
        y = backend.reduce(operation, backend.reshape(x, merged), first)
    else:
        moved = backend.transpose(x, kept + axes)
        merged = (*outer, math.prod(x.shape[number] for number in axes))
        y = backend.reduce(operation, backend.reshape(moved, merged), len(kept))
    if not keepdims:
        return y
    return backend.reshape(y, tuple(1 if number in axes else x.shape[number] for number in range(x.ndim)))


def check_floating(name: str, x: NDArray) -> None:
    """Raise DTypeError unless the array is of floating point."""
    if not is_floating(x.dtype):
        raise DTypeError(f"{name}: expected float32, got {x.dtype}; convert it with astype")
