"""Reductions and running sums along one axis of device arrays.

An array is read as (outer, axis, inner). Long axes are cut into parts, which are reduced first. The order of a float
sum follows from the shape, the vector width and whether the device is a GPU, not from how many compute units it has.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import C_TYPES, INT32
from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning
from mathcore.backends.operations import DType
from mathcore.backends.shapes import Shape, check_reduction, check_scan

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays

FILE = "reduce.cl"
PLACES_FILE = "argmax.cl"
SCAN_FILE = "scan.cl"

PART = 32768
"""Elements, at most, that are a part of a row on a CPU; twice as many of a block of columns."""
GPU_PART = 128
"""Elements, at most, that are a part of a row on a GPU, or rows of a vector of columns; places that are compared."""
WIDTH = 64
"""Columns that a unit on a CPU takes side by side: cache lines. Up to 256 are much the same (measured on Zen 3)."""

BOOL = np.dtype(np.bool_)
LEAST = {"f": "-INFINITY", "i": "INT_MIN", "u": "0", "b": "0"}
LARGEST = {"f": "INFINITY", "i": "INT_MAX", "u": "UCHAR_MAX", "b": "UCHAR_MAX"}

Middle = tuple[int, int, int]
"""Lengths before, along and behind the axis."""


class Round(NamedTuple):
    """A launch and the array that it fills."""

    file: str
    kernel: str
    items: int
    numbers: Numbers
    macros: Macros
    shape: Shape
    dtype: DType


class Cut(NamedTuple):
    """How an axis is shared out.

    Attributes:
        parts: how many parts it is cut into.
        length: elements of a part.
        width: columns that are taken side by side.
    """

    parts: int
    length: int
    width: int


def reduce(backend: OpenCLArrays, operation: str, x: NDArray, axis: int | None) -> NDArray:
    """Reduce along ``axis``, or all axes (None); ``argmax`` and ``argmin`` give int32, ``any`` and ``all`` bool."""
    y = x
    for step in _plan(backend.queue.tuning, operation, x.dtype, x.shape, axis):
        given, y = y, backend.empty(step.shape, step.dtype)
        buffers = (x.data, given.data, y.data) if step.kernel == "argmax_parts" else (given.data, y.data)
        backend.queue.launch(step.file, step.kernel, step.items, buffers, step.numbers, step.macros)
    return y


def scan(backend: OpenCLArrays, operation: str, x: NDArray, axis: int) -> NDArray:
    """Return the running ``sum`` or ``prod`` along ``axis``; whole numbers wrap, bool is combined as one bit."""
    check_scan(operation, x.shape, axis)
    y = backend.empty(x.shape, x.dtype)
    if x.size == 0:
        return y
    queue, middle = backend.queue, _middle(x.shape, axis)
    outer, length, inner = middle
    cut = _cut_scan(queue.tuning, middle)
    units, group = _share(queue.tuning, middle, cut)
    kind = "columns" if inner > 1 else "rows"
    numbers = (units, group, length, *((inner,) if inner > 1 else ()), cut.parts, cut.length)
    macros = _scan_macros(operation, x.dtype)
    items = -(-units // group)
    offsets = x  # not read where there is a single part
    if cut.parts > 1:
        totals, offsets = (backend.empty((outer, cut.parts, inner), x.dtype) for _ in range(2))
        queue.launch_packed(SCAN_FILE, f"total_{kind}", items, (x.data, totals.data), (numbers,), macros)
        buffers = totals.data, offsets.data
        queue.launch_packed(SCAN_FILE, "scan_totals", outer * inner, buffers, ((inner, cut.parts),), macros)
    queue.launch_packed(SCAN_FILE, f"scan_{kind}", items, (x.data, offsets.data, y.data), (numbers,), macros)
    return y


@lru_cache(maxsize=4096)
def _plan(tuning: Tuning, operation: str, dtype: DType, shape: Shape, axis: int | None) -> tuple[Round, ...]:
    """Return the launches of a reduction, one after the other."""
    check_reduction(operation, dtype, shape, axis)
    result = () if axis is None else shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
    middle = _middle(shape, axis)
    if operation in ("argmax", "argmin"):
        rounds = _places_rounds(tuning, operation, dtype, middle)
    else:
        rounds = _rounds(tuning, operation, dtype, middle)
    return (*rounds[:-1], rounds[-1]._replace(shape=result))


def _rounds(tuning: Tuning, operation: str, dtype: DType, middle: Middle) -> list[Round]:
    divisor = float(middle[1]) if operation == "mean" else 1.0
    rounds: list[Round] = []
    while not rounds or middle[1] > 1:
        outer, axis, inner = middle
        cut = _cut(tuning, middle)
        units, group = _share(tuning, middle, cut)
        scale = divisor if cut.parts == 1 else 1.0
        if inner == 1:
            first, step, length = cut.length, tuning.vector, cut.length
            if tuning.local > 1:  # parts take turns: neighbouring work-items read neighbouring vectors
                first, step, length = tuning.vector, cut.parts * tuning.vector, axis
            numbers: Numbers = (units, group, axis, cut.parts, first, step, length, scale)
        else:
            numbers = (units, group, axis, inner, *cut, scale)
        kernel = "reduce_rows" if inner == 1 else "reduce_columns"
        middle = outer, cut.parts, inner
        result = BOOL if operation in ("any", "all") else dtype
        rounds.append(Round(FILE, kernel, -(-units // group), numbers, _macros(operation, dtype), middle, result))
        dtype = result
    return rounds


def _places_rounds(tuning: Tuning, operation: str, dtype: DType, middle: Middle) -> list[Round]:
    outer, axis, inner = middle
    cut = _cut(tuning, middle)
    units, group = _share(tuning, middle, cut)
    macros = _place_macros(operation, dtype)
    kernel = "argmax_rows" if inner == 1 else "argmax_columns"
    lengths = (axis, cut.parts, cut.length) if inner == 1 else (axis, inner, *cut)
    numbers: Numbers = (units, group, *lengths)
    items = -(-units // group)
    rounds = [Round(PLACES_FILE, kernel, items, numbers, macros, (outer, cut.parts, inner), INT32)]
    parts = cut.parts
    while parts > 1:
        rest = -(-parts // GPU_PART)
        shape = outer, rest, inner
        numbers = (axis, inner, parts, GPU_PART, rest)
        rounds.append(Round(PLACES_FILE, "argmax_parts", math.prod(shape), numbers, macros, shape, INT32))
        parts = rest
    return rounds


def _middle(shape: Shape, axis: int | None) -> Middle:
    """Return the lengths before, along and behind the axis; all elements are along it where it is None."""
    if axis is None:
        return 1, math.prod(shape), 1
    axis %= len(shape)
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])


def _cut(tuning: Tuning, middle: Middle) -> Cut:
    """Share out an axis so that a work-item has enough to do, and so have all units of a large device."""
    if tuning.local > 1:
        return _cut_to(tuning, middle, GPU_PART, tuning.vector)
    return _cut_to(tuning, middle, _longest(middle, WIDTH), WIDTH)


def _cut_scan(tuning: Tuning, middle: Middle) -> Cut:
    """Share out an axis; a GPU gets about as many parts as elements of each, as one work-item combines all parts."""
    if tuning.local > 1:
        return _cut_to(tuning, middle, max(GPU_PART, 1 << middle[1].bit_length() // 2), tuning.vector)
    return _cut_to(tuning, middle, _longest(middle, tuning.vector), tuning.vector)


def _longest(middle: Middle, width: int) -> int:
    """Return the longest part of an axis on a CPU where so many columns are taken side by side."""
    inner = middle[2]
    return PART if inner == 1 else 2 * PART // max(min(inner, width), 1)


def _cut_to(tuning: Tuning, middle: Middle, longest: int, width: int) -> Cut:
    """Cut an axis into parts of at most ``longest`` elements, as even as they get; in rows they are whole vectors."""
    _, axis, inner = middle
    length = -(-axis // max(1, -(-axis // longest)))
    if inner == 1:
        length = -(-length // tuning.vector) * tuning.vector
    length = max(length, 1)
    return Cut(max(1, -(-axis // length)), length, width)


def _share(tuning: Tuning, middle: Middle, cut: Cut) -> tuple[int, int]:
    """Return how many units there are, parts of one block of columns, and how many of them a work-item takes."""
    outer, _, inner = middle
    units = outer * cut.parts * -(-inner // cut.width)
    size = cut.length * max(min(inner, cut.width), 1)
    return units, max(1, tuning.run_length(units * size) // size)


def _macros(operation: str, dtype: DType) -> Macros:
    if operation in ("any", "all"):
        combine, start = ("a | b", 0) if operation == "any" else ("a & b", -1)
        return (
            ("IN", C_TYPES[dtype]), ("ACC", "int" if dtype.itemsize == 4 else "char"), ("OUT", "uchar"),
            ("MAP", "(v != (IN)0)"), ("COMBINE", combine), ("IDENTITY", start), ("FINISH", "a & 1"),
        )  # fmt: skip
    if operation in ("sum", "mean") and dtype.kind == "f":
        return (("COMPENSATED", 1),)
    if operation in ("sum", "prod"):
        return tuple((name, _wrapping(dtype)) for name in ("IN", "ACC", "OUT")) + _combine(operation, dtype)
    if dtype.kind == "f":
        combine = f"select(b, a, (a {'>=' if operation == 'max' else '<='} b) | (a != a))"
    else:
        combine = f"{operation}(a, b)"
    identity = LEAST[dtype.kind] if operation == "max" else LARGEST[dtype.kind]
    return (*((name, C_TYPES[dtype]) for name in ("IN", "ACC", "OUT")), ("COMBINE", combine), ("IDENTITY", identity))


def _place_macros(operation: str, dtype: DType) -> Macros:
    kept = "(a >= v)" if operation == "argmax" else "(a <= v)"
    return (("IN", C_TYPES[dtype]), ("KEPT", f"({kept} | (a != a))" if dtype.kind == "f" else kept))


def _scan_macros(operation: str, dtype: DType) -> Macros:
    return (("TYPE", _wrapping(dtype)), *_combine(operation, dtype))


def _combine(operation: str, dtype: DType) -> Macros:
    """Return how sums and products go on; sums of bool are or."""
    if operation == "prod":
        return (("COMBINE", "a * b"), ("IDENTITY", 1))
    return (("COMBINE", "a | b" if dtype == BOOL else "a + b"), ("IDENTITY", 0))


def _wrapping(dtype: DType) -> str:
    """Return the C type in which sums wrap: C leaves it open what becomes of signed numbers that overflow."""
    return "uint" if dtype == INT32 else C_TYPES[dtype]
