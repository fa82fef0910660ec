"""Putting arrays together, taking them apart, and repeating them. All make copies."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.shapes import contiguous_strides
from mathcore.errors import DTypeError, ShapeError
from mathcore.functions.indexing import take
from mathcore.functions.operands import normalize_axis, to_array, to_arrays

__all__ = ["concat", "repeat", "stack", "tile", "unstack"]


def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> NDArray:
    """Return the arrays one after another along an existing axis, in the type that they promote to.

    Args:
        arrays: at least one; alike in all axes but ``axis``.
        axis: the axis; None flattens the arrays first.
    Raises:
        ShapeError: if the shapes do not fit, or there is no such axis.
        DTypeError: if the element types meet in none.
        DeviceError: if arrays of two devices meet.
    """
    if len(arrays) == 0:
        raise ShapeError("concat: expected at least one array, got none")
    parts = to_arrays("concat", *arrays)
    if axis is None:
        parts, axis = [part.backend.reshape(part, (part.size,)) for part in parts], 0
    first = parts[0]
    axis = normalize_axis("concat", axis, first.ndim)
    for part in parts:
        if part.ndim != first.ndim or _without(part.shape, axis) != _without(first.shape, axis):
            shapes = ", ".join(str(part.shape) for part in parts)
            raise ShapeError(f"concat: expected shapes that differ along axis {axis} only, got {shapes}")
    length = sum(part.shape[axis] for part in parts)
    y = first.backend.empty((*first.shape[:axis], length, *first.shape[axis + 1 :]), first.dtype)
    strides, start = contiguous_strides(y.shape), 0
    for part in parts:
        y.backend.write_strided(y, start * strides[axis], strides, part.shape, part)
        start += part.shape[axis]
    return y


def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> NDArray:
    """Return the arrays one after another along a new axis, in the type that they promote to.

    Args:
        arrays: at least one, all of one shape.
        axis: the position of the new axis in the result.
    Raises:
        ShapeError: if the shapes differ, or the result has no such axis.
        DTypeError: if the element types meet in none.
        DeviceError: if arrays of two devices meet.
    """
    if len(arrays) == 0:
        raise ShapeError("stack: expected at least one array, got none")
    parts = to_arrays("stack", *arrays)
    shape = parts[0].shape
    if any(part.shape != shape for part in parts):
        raise ShapeError(f"stack: expected arrays of one shape, got {', '.join(str(part.shape) for part in parts)}")
    axis = normalize_axis("stack", axis, len(shape) + 1)
    return concat([part.backend.reshape(part, (*shape[:axis], 1, *shape[axis:])) for part in parts], axis=axis)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[NDArray, ...]:
    """Return the parts of ``x`` along an axis, without it.

    Raises:
        ShapeError: if there is no such axis.
    """
    array = to_array("unstack", x)
    axis = normalize_axis("unstack", axis, array.ndim)
    strides = contiguous_strides(array.shape)
    shape, steps = _without(array.shape, axis), _without(strides, axis)
    return tuple(array.backend.read_strided(array, i * strides[axis], steps, shape) for i in range(array.shape[axis]))


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> NDArray:
    """Return ``x`` with each element repeated.

    Args:
        x: the array.
        repeats: how often; one number, or an array of one for each element along the axis. An array on a device is
            waited for: the shape of the result depends on it.
        axis: the axis; None flattens ``x`` first.
    Raises:
        ShapeError: if there is no such axis, ``repeats`` has another length, or one is negative.
        DTypeError: if ``repeats`` are no whole numbers.
    """
    array = to_array("repeat", x)
    if axis is None:
        array, axis = array.backend.reshape(array, (array.size,)), 0
    axis = normalize_axis("repeat", axis, array.ndim)
    counts = repeats.numpy() if isinstance(repeats, NDArray) else np.asarray(repeats)
    if counts.dtype.kind not in "iu":
        raise DTypeError(f"repeat: expected whole numbers as repeats, got {counts.dtype}; convert them with astype")
    if counts.ndim > 1 or counts.size not in (1, array.shape[axis]) or (counts < 0).any():
        raise ShapeError(f"repeat: expected 1 or {array.shape[axis]} repeats, none negative, got {repeats}")
    if counts.size == 1:
        return _repeated(array, axis, int(counts.item()))
    return take(array, np.repeat(np.arange(array.shape[axis]), counts), axis=axis)


def tile(x: Any, repetitions: tuple[int, ...], /) -> NDArray:
    """Return ``x`` repeated as a whole along each axis; missing axes and repetitions are taken as 1, in front.

    Raises:
        ShapeError: if a repetition is negative.
    """
    array = to_array("tile", x)
    counts = tuple(operator.index(count) for count in repetitions)
    if any(count < 0 for count in counts):
        raise ShapeError(f"tile: expected repetitions of 0 or more, got {repetitions}")
    ndim = max(array.ndim, len(counts))
    counts = (1,) * (ndim - len(counts)) + counts
    lengths = (1,) * (ndim - array.ndim) + array.shape
    shape = tuple(length for pair in zip(counts, lengths, strict=True) for length in pair)
    strides = tuple(stride for own in contiguous_strides(lengths) for stride in (0, own))
    y = array.backend.read_strided(array, 0, strides, shape)
    return array.backend.reshape(y, tuple(map(operator.mul, counts, lengths)))


def _repeated(x: NDArray, axis: int, count: int) -> NDArray:
    strides, after = contiguous_strides(x.shape), axis + 1
    steps, shape = (*strides[:after], 0, *strides[after:]), (*x.shape[:after], count, *x.shape[after:])
    y = x.backend.read_strided(x, 0, steps, shape)
    return x.backend.reshape(y, (*x.shape[:axis], x.shape[axis] * count, *x.shape[after:]))


def _without(lengths: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return lengths[:axis] + lengths[axis + 1 :]
