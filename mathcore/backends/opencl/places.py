"""Copies between device arrays that are walked through strides, transposition, and whole numbers in order."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.program import Vectors
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning
from mathcore.backends.shapes import Shape, broadcast_strides, contiguous_strides
from mathcore.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays

FILE = "places.cl"
MOST_OUTER = 16
WORD = 4
BLOCK_A, BLOCK_B = 64, 256
"""What a work-item of a CPU transposes: the best of 8 blocks, by a third, for bytes and floats on Zen 3."""
SQUARE = 32
"""Side of the square that a work-group of a GPU transposes."""
LEAST_SIDE = 8
"""Side below which most of its work-items would do nothing."""
SHARED_BYTES = 1 << 20
"""What lies together is copied by several cores from this size on: CPU drivers copy buffers with one."""
LEAST_ELEMENTS = 4096
"""Elements below which one more work-item of a CPU costs more than it saves."""

Axis = tuple[int, int, int]
"""Length, step in what is read, step in what is written."""
Start = tuple[Memory, int]
"""Where a walk begins: the memory, and the place of the first element."""


class Plan(NamedTuple):
    """How a copy is launched. Plans are remembered: making one takes longer than a launch.

    Attributes:
        kernel: its name; empty for bytes that lie together.
        items: work-items, or how many elements lie together.
        vectors: the kernel's, save where the copy begins.
        macros: what the kernel is compiled with.
        unit: elements that are copied as one.
    """

    kernel: str
    items: int
    vectors: Vectors
    macros: Macros
    unit: int


def iota(backend: OpenCLArrays, size: int) -> NDArray:
    """Return 0, 1, ... ``size`` - 1 as int32 (size,)."""
    y = backend.empty((size,), np.int32)
    tuning = backend.queue.tuning
    each = 1 if tuning.local > 1 else max(LEAST_ELEMENTS, -(-size // tuning.items))
    backend.queue.launch_packed(FILE, "iota", -(-size // each), (y.data,), ((each, size),), macros_of(tuning, WORD))
    return y


def transpose(backend: OpenCLArrays, x: NDArray, axes: tuple[int, ...]) -> NDArray:
    """Return a copy with the axes permuted.

    Raises:
        ShapeError: if ``axes`` is no permutation of the axes of ``x``.
    """
    if sorted(axes) != list(range(x.ndim)):
        raise ShapeError(f"transpose: expected a permutation of {tuple(range(x.ndim))}, got {axes}")
    strides = contiguous_strides(x.shape)
    return read_strided(backend, x, 0, tuple(strides[axis] for axis in axes), tuple(x.shape[axis] for axis in axes))


def read_strided(backend: OpenCLArrays, x: NDArray, offset: int, strides: Shape, shape: Shape) -> NDArray:
    """Return y with y[i, j, ...] = flat x[offset + i strides[0] + j strides[1] + ...]."""
    y = backend.empty(shape, x.dtype)
    axes = tuple(zip(y.shape, strides, contiguous_strides(shape), strict=True))
    _copy(backend, (x.data, offset), (y.data, 0), axes, x.dtype.itemsize)
    return y


def write_strided(
    backend: OpenCLArrays, x: NDArray, offset: int, strides: Shape, shape: Shape, values: NDArray
) -> None:
    """Set flat x[offset + i strides[0] + j strides[1] + ...] = values[i, j, ...], broadcast to ``shape``.

    Raises:
        DTypeError: if the element types differ.
        ShapeError: if the values do not broadcast.
    """
    check_values("write_strided", x, values)
    steps = broadcast_strides("write_strided", values.shape, shape)
    axes = tuple(zip(shape, steps, strides, strict=True))
    _copy(backend, (apart(backend, values, x).data, 0), (x.data, offset), axes, x.dtype.itemsize)


def check_values(operation: str, x: NDArray, values: NDArray) -> None:
    """Raise DTypeError unless the values have the element type of the array that takes them."""
    if x.dtype != values.dtype:
        raise DTypeError(f"{operation}: expected values of {x.dtype}, got {values.dtype}; convert them with astype")


def apart(backend: OpenCLArrays, values: NDArray, x: NDArray) -> NDArray:
    """Return ``values``, copied where they share memory with ``x``: else they would change while they are read."""
    if (values.data.whole or values.data) is not (x.data.whole or x.data):
        return values
    copied = backend.empty(values.shape, values.dtype)
    backend.copy(values, copied)
    return copied


def _copy(backend: OpenCLArrays, source: Start, target: Start, axes: tuple[Axis, ...], itemsize: int) -> None:
    merged = _merge(axes)
    if len(merged) > MOST_OUTER + 1:
        length, step_from, step_to = merged[0]
        for i in range(length):
            starts = (source[0], source[1] + i * step_from), (target[0], target[1] + i * step_to)
            _copy(backend, *starts, merged[1:], itemsize)
        return
    aligned = source[1] % WORD == target[1] % WORD == 0
    plan = _plan(backend.queue.tuning, merged, itemsize, aligned)
    if plan.kernel:
        vectors = ((*plan.vectors[0], source[1] // plan.unit, target[1] // plan.unit), *plan.vectors[1:])
        backend.queue.launch_packed(FILE, plan.kernel, plan.items, (source[0], target[0]), vectors, plan.macros)
    else:
        backend.queue.copy(
            source[0], target[0], plan.items * itemsize,
            source_offset=source[1] * itemsize, destination_offset=target[1] * itemsize,
        )  # fmt: skip


@lru_cache(maxsize=4096)
def _merge(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Return the axes without those of length 1; neighbours that are walked in one go become one axis."""
    merged: list[Axis] = []
    for axis in axes:
        length, step_from, step_to = axis
        if length == 1:
            continue
        if merged and merged[-1][1:] == (length * step_from, length * step_to):
            merged[-1] = (merged[-1][0] * length, step_from, step_to)
        else:
            merged.append(axis)
    return tuple(merged) or ((1, 1, 1),)


@lru_cache(maxsize=4096)
def _plan(tuning: Tuning, axes: tuple[Axis, ...], itemsize: int, aligned: bool) -> Plan:
    """Return how to walk merged axes; ``aligned`` if both walks begin at a multiple of ``WORD`` elements."""
    size = math.prod(axis[0] for axis in axes)
    together = len(axes) == 1 and axes[0][1:] == (1, 1)
    if size == 0 or (together and (tuning.local > 1 or size * itemsize < SHARED_BYTES)):
        return Plan("", size, (), (), 1)
    last, step_from, step_to = axes[-1]
    neighbours = max((axis[0] for axis in axes if axis[1] == 1), default=0)
    least = 1 if tuning.local == 1 else LEAST_SIDE
    if step_to == 1 and step_from not in (0, 1) and min(neighbours, last) >= least:
        return _plan_transposition(tuning, axes, itemsize)
    unit = WORD if itemsize == 1 and aligned and _in_words(axes) else 1
    if unit > 1:
        words = tuple((length, step_from // unit, step_to // unit) for length, step_from, step_to in axes[:-1])
        axes = (*words, (axes[-1][0] // unit, 1, 1))
    return _plan_rows(tuning, axes, itemsize * unit, unit)


def _in_words(axes: tuple[Axis, ...]) -> bool:
    """Return whether single bytes may be copied as words: rows of whole words that begin at whole words."""
    inner, *steps = axes[-1]
    return steps == [1, 1] and inner % WORD == 0 and all(step % WORD == 0 for axis in axes[:-1] for step in axis[1:])


def _plan_rows(tuning: Tuning, axes: tuple[Axis, ...], itemsize: int, unit: int) -> Plan:
    *outer, (inner, step_from, step_to) = axes
    rows = math.prod(axis[0] for axis in outer)
    macros = macros_of(tuning, itemsize)
    rows_each, parts, length = share_rows(tuning, macros, rows, inner, vectors=step_to == 1 and step_from in (0, 1))
    numbers = (len(outer), rows, rows_each, parts, length, inner, step_from, step_to)
    return Plan("copy_strided", -(-rows // rows_each) * parts, (numbers, *_columns(outer)), macros, unit)


def share_rows(tuning: Tuning, macros: Macros, rows: int, inner: int, *, vectors: bool) -> tuple[int, int, int]:
    """Return how many rows a work-item takes, into how many parts a row is cut, and their ``length``.

    See ``copy_row.cl``; ``vectors`` says whether it can copy whole vectors.
    """
    if tuning.local > 1:
        lanes = int(dict(macros)["LANES"])
        length = lanes if vectors and inner >= lanes else 1
        return 1, min(-(-inner // length), -(-tuning.items // rows)), length
    each = max(LEAST_ELEMENTS, -(-rows * inner // tuning.items))
    parts = -(-inner // each)
    return max(1, each // inner), parts, -(-inner // parts)


def _plan_transposition(tuning: Tuning, axes: tuple[Axis, ...], itemsize: int) -> Plan:
    *others, (length_b, from_b, _) = axes
    place = max((place for place, axis in enumerate(others) if axis[1] == 1), key=lambda place: others[place][0])
    length_a, _, to_a = others.pop(place)
    if tuning.local > 1:
        name, block_a, block_b = "transpose_squares", SQUARE, SQUARE
    else:
        block_b = min(length_b, BLOCK_B)
        name, block_a = "transpose_tiles", BLOCK_A * (BLOCK_B // block_b)
    blocks_a, blocks_b = -(-length_a // block_a), -(-length_b // block_b)
    blocks = blocks_a * blocks_b * math.prod(axis[0] for axis in others)
    numbers = (len(others), blocks_a, blocks_b, block_a, block_b, length_a, length_b, from_b, to_a)
    return Plan(name, blocks * tuning.local, (numbers, *_columns(others)), macros_of(tuning, itemsize), 1)


def _columns(axes: list[Axis]) -> Vectors:
    return tuple(tuple(axis[column] for axis in axes) for column in range(3))


def macros_of(tuning: Tuning, itemsize: int) -> Macros:
    """Return what the kernels that move elements of so many bytes are compiled with."""
    lanes = 16 if itemsize == 1 and tuning.local == 1 else tuning.vector
    return (("T", "uint" if itemsize == WORD else "uchar"), ("LANES", lanes))
