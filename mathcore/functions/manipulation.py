"""Changing the shape of arrays and the order of their elements.

``reshape``, ``expand_dims`` and ``squeeze`` share memory with the array that they are given; all others copy.
"""

from __future__ import annotations

import itertools
import math
import operator
from typing import Any

from mathcore.array import NDArray
from mathcore.backends.shapes import Shape, broadcast_shape, broadcast_strides, check_size, contiguous_strides
from mathcore.errors import ShapeError
from mathcore.functions.operands import normalize_axes, normalize_axis, same_device, to_array

__all__ = [
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "expand_dims",
    "flip",
    "moveaxis",
    "permute_dims",
    "reshape",
    "roll",
    "squeeze",
]

Axes = int | tuple[int, ...]


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that arrays of these shapes broadcast to.

    Raises:
        ShapeError: if there is none.
    """
    return broadcast_shape("broadcast_shapes", list(shapes))


def broadcast_arrays(*arrays: Any) -> tuple[NDArray, ...]:
    """Return the arrays in the shape that they broadcast to, each in its own element type.

    Raises:
        ShapeError: if there is no such shape.
        DeviceError: if arrays of two devices meet.
    """
    first = next((x for x in arrays if isinstance(x, NDArray)), None)
    known = [to_array("broadcast_arrays", x, first) for x in arrays]
    if known:
        same_device("broadcast_arrays", *known)
    shape = broadcast_shape("broadcast_arrays", [x.shape for x in known])
    return tuple(broadcast_to(x, shape) for x in known)


def broadcast_to(x: Any, /, shape: tuple[int, ...]) -> NDArray:
    """Return ``x`` repeated along axes of length 1, and along new axes in front, to have ``shape``.

    Raises:
        ShapeError: if it does not broadcast to it.
    """
    array = to_array("broadcast_to", x)
    strides = broadcast_strides("broadcast_to", array.shape, tuple(shape))
    return array.backend.read_strided(array, 0, strides, tuple(shape))


def expand_dims(x: Any, /, axis: Axes) -> NDArray:
    """Return ``x`` with axes of length 1 at the positions ``axis`` of the result.

    Raises:
        ShapeError: if the result has no such axis, or one is named twice.
    """
    array = to_array("expand_dims", x)
    ndim = array.ndim + (len(axis) if isinstance(axis, tuple) else 1)
    new, lengths = normalize_axes("expand_dims", axis, ndim), iter(array.shape)
    return array.backend.reshape(array, tuple(1 if place in new else next(lengths) for place in range(ndim)))


def squeeze(x: Any, /, axis: Axes) -> NDArray:
    """Return ``x`` without the axes ``axis``, which have length 1.

    Raises:
        ShapeError: if one of them has another length, does not exist, or is named twice.
    """
    array = to_array("squeeze", x)
    dropped = normalize_axes("squeeze", axis, array.ndim)
    if any(array.shape[place] != 1 for place in dropped):
        raise ShapeError(f"squeeze: expected axes of length 1, got axes {axis} of shape {array.shape}")
    rest = tuple(length for place, length in enumerate(array.shape) if place not in dropped)
    return array.backend.reshape(array, rest)


def reshape(x: Any, /, shape: Axes, *, copy: bool | None = None) -> NDArray:
    """Return the same elements under another shape, in row-major order.

    Args:
        x: the array.
        shape: the new shape; one length may be -1, for what is left.
        copy: True gives memory of its own; else it is shared with ``x``.
    Raises:
        ShapeError: if the shape has another number of elements.
    """
    array = to_array("reshape", x)
    lengths = _resolved(array.shape, shape if isinstance(shape, tuple) else (shape,))
    return array.backend.reshape(array.copy() if copy else array, lengths)


def permute_dims(x: Any, /, axes: tuple[int, ...]) -> NDArray:
    """Return ``x`` with its axes in the order ``axes``.

    Raises:
        ShapeError: if ``axes`` does not name each axis once.
    """
    array = to_array("permute_dims", x)
    order = tuple(normalize_axis("permute_dims", axis, array.ndim) for axis in axes)
    if sorted(order) != list(range(array.ndim)):
        raise ShapeError(f"permute_dims: expected each axis of shape {array.shape} once, got {axes}")
    return array.backend.transpose(array, order)


def moveaxis(x: Any, source: Axes, destination: Axes, /) -> NDArray:
    """Return ``x`` with the axes ``source`` at the positions ``destination``, the others in their order.

    Raises:
        ShapeError: if there is no such axis, one is named twice, or there are not as many positions as axes.
    """
    array = to_array("moveaxis", x)
    sources, destinations = (axes if isinstance(axes, tuple) else (axes,) for axes in (source, destination))
    if len(sources) != len(destinations):
        raise ShapeError(f"moveaxis: expected as many positions as axes, got {source} and {destination}")
    for axes in (sources, destinations):
        normalize_axes("moveaxis", axes, array.ndim)  # refuses axes named twice
    moved = {to % array.ndim: axis % array.ndim for axis, to in zip(sources, destinations, strict=True)}
    others = (axis for axis in range(array.ndim) if axis not in moved.values())
    order = tuple(moved[place] if place in moved else next(others) for place in range(array.ndim))
    return array.backend.transpose(array, order)


def flip(x: Any, /, *, axis: Axes | None = None) -> NDArray:
    """Return ``x`` with the order of its elements reversed along ``axis``; None: along all axes.

    Raises:
        ShapeError: if there is no such axis, or one is named twice.
    """
    array = to_array("flip", x)
    reversed_axes = normalize_axes("flip", axis, array.ndim)
    strides = contiguous_strides(array.shape)
    offset = sum((array.shape[place] - 1) * strides[place] for place in reversed_axes) if array.size else 0
    steps = tuple(-stride if place in reversed_axes else stride for place, stride in enumerate(strides))
    return array.backend.read_strided(array, offset, steps, array.shape)


def roll(x: Any, /, shift: Axes, *, axis: Axes | None = None) -> NDArray:
    """Return ``x`` with its elements moved ``shift`` places on; those moved past the end come in at the start.

    Args:
        x: the array.
        shift: how far; one number for all axes, or one for each.
        axis: along which axes; None moves the elements in row-major order.
    Raises:
        ShapeError: if there is no such axis, or there are not as many shifts as axes.
    """
    array = to_array("roll", x)
    if axis is None:
        if isinstance(shift, tuple):
            raise ShapeError(f"roll: expected one shift without axes, got {shift}; name the axes")
        flat = array.backend.reshape(array, (array.size,))
        return array.backend.reshape(roll(flat, shift, axis=0), array.shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    shifts = shift if isinstance(shift, tuple) else (shift,) * len(axes)
    if len(shifts) != len(axes):
        raise ShapeError(f"roll: expected as many shifts as axes, got {shift} and {axis}")
    distances = [0] * array.ndim
    for place, distance in zip(axes, shifts, strict=True):
        distances[normalize_axis("roll", place, array.ndim)] += operator.index(distance)
    return _rolled(array, distances)


def _rolled(x: NDArray, distances: list[int]) -> NDArray:
    """Return ``x`` rolled along every axis: each half of an axis moves to the other end."""
    strides, y = contiguous_strides(x.shape), x.backend.empty(x.shape, x.dtype)
    halves = []
    for length, distance in zip(x.shape, distances, strict=True):
        moved = distance % length if length else 0
        halves.append([(0, moved, length - moved), (length - moved, 0, moved)])
    for block in itertools.product(*halves):
        starts, targets, shape = zip(*block, strict=True) if block else ((), (), ())
        if 0 not in shape:
            part = x.backend.read_strided(x, _flat(starts, strides), strides, shape)
            x.backend.write_strided(y, _flat(targets, strides), strides, shape, part)
    return y


def _flat(place: Shape, strides: Shape) -> int:
    return sum(map(operator.mul, place, strides))


def _resolved(old: Shape, shape: Shape) -> Shape:
    """Return ``shape`` with what -1 stands for."""
    unknown = shape.count(-1)
    if unknown == 0:
        check_size(old, shape)
        return shape
    size, known = math.prod(old), -math.prod(shape) if unknown == 1 else 0
    if known <= 0 or size % known:
        raise ShapeError(f"reshape: expected a shape of {size} elements for {old}, at most one of -1, got {shape}")
    return tuple(size // known if length == -1 else length for length in shape)
