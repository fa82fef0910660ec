"""Element-wise operations and chains of them with broadcasting, and conversions, each as one kernel on a device."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_dtype
from mathcore.backends.opencl.expressions import chain_macros
from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import Tuning
from mathcore.backends.operations import Chain, DType, Step, result_dtype
from mathcore.backends.shapes import Shape, broadcast_shape, broadcast_strides
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays

FILE = "elementwise.cl"
MOST_OUTER = 8
MOST_ELEMENTS = 2**31 - 2**14
"""Places are counted in int, and a work-item looks a run of elements ahead."""

Axis = tuple[int, Shape]
"""Length, and how many elements each operand moves along it."""


class Plan(NamedTuple):
    """A launch and the array that it fills. Plans are remembered: making one takes longer than a launch."""

    shape: Shape
    dtype: DType
    size_bytes: int
    items: int
    numbers: Numbers
    macros: Macros


def elementwise(backend: OpenCLArrays, operation: str, operands: tuple[NDArray, ...]) -> NDArray:
    """Apply a named operation to operands of one type; comparisons and predicates give bool."""
    dtypes, shapes = tuple([x.dtype for x in operands]), tuple([x.shape for x in operands])
    return _launch(backend, _plan_operation(backend.queue.tuning, operation, dtypes, shapes), operands)


def chain(backend: OpenCLArrays, steps: Chain, operands: tuple[NDArray, ...]) -> NDArray:
    """Apply the steps to every element without storing what comes between; the same bits as one by one."""
    dtypes, shapes = tuple([x.dtype for x in operands]), tuple([x.shape for x in operands])
    return _launch(backend, _plan_chain(backend.queue.tuning, steps, dtypes, shapes), operands)


def cast(backend: OpenCLArrays, x: NDArray, dtype: DTypeLike) -> NDArray:
    """Return a copy with another element type."""
    return chain(backend, (Step("cast", (0,), check_dtype(dtype)),), (x,))


def _launch(backend: OpenCLArrays, plan: Plan, operands: tuple[NDArray, ...]) -> NDArray:
    queue = backend.queue
    y = NDArray(backend, queue.pool.allocate(plan.size_bytes), plan.shape, plan.dtype)
    buffers = (*[x.data for x in operands], y.data)
    queue.launch(FILE, "elementwise", plan.items, buffers, plan.numbers, plan.macros)
    return y


@lru_cache(maxsize=4096)
def _plan_operation(tuning: Tuning, operation: str, dtypes: tuple[DType, ...], shapes: tuple[Shape, ...]) -> Plan:
    dtype = result_dtype(operation, dtypes)
    step = Step(operation, tuple(range(len(dtypes))), dtype)
    return _plan(tuning, (step,), dtypes, shapes, broadcast_shape(operation, list(shapes)))


@lru_cache(maxsize=4096)
def _plan_chain(tuning: Tuning, steps: Chain, dtypes: tuple[DType, ...], shapes: tuple[Shape, ...]) -> Plan:
    for step in steps:
        check_dtype(step.dtype)
    return _plan(tuning, steps, dtypes, shapes, broadcast_shape("fused", list(shapes)))


def _plan(tuning: Tuning, steps: Chain, dtypes: tuple[DType, ...], shapes: tuple[Shape, ...], shape: Shape) -> Plan:
    dtype, size = steps[-1].dtype, math.prod(shape)
    if size > MOST_ELEMENTS:
        raise ShapeError(f"expected a result of at most {MOST_ELEMENTS:,} elements, got shape {shape}; split it")
    axes = _merge(shape, [broadcast_strides("operand", own, shape) for own in shapes])
    inner, moves = axes.pop() if axes else (1, (0,) * len(shapes))
    vector = tuning.vector if dtype.itemsize > 1 else min(16, 2 * tuning.vector)  # bytes are short
    length = -(-tuning.run_length(size) // vector) * vector
    numbers: Numbers = (length, size, inner, sum(move << operand for operand, move in enumerate(moves)))
    if axes:
        numbers += (_outer(axes, shape),)
    macros = (("VEC", vector), ("OUTER", int(bool(axes))), *chain_macros(steps, dtypes))
    return Plan(shape, dtype, size * dtype.itemsize, -(-size // length), numbers, macros)


def _merge(shape: Shape, strides: list[Shape]) -> list[Axis]:
    """Return the axes without those of length 1; neighbours that are walked in one go become one axis.

    Along the last one, an operand moves by 1 or 0: arrays are contiguous.
    """
    merged: list[Axis] = []
    for length, *moves in zip(shape, *strides, strict=True):
        if length == 1:
            continue
        if merged and merged[-1][1] == tuple(length * move for move in moves):
            merged[-1] = (merged[-1][0] * length, tuple(moves))
        else:
            merged.append((length, tuple(moves)))
    return merged


def _outer(axes: list[Axis], shape: Shape) -> bytes:
    """Return the memory of the kernel's struct ``Outer``.

    Raises:
        ShapeError: if there are too many axes.
    """
    if len(axes) > MOST_OUTER:
        raise ShapeError(f"expected at most {MOST_OUTER + 1} axes that broadcast differently, got {shape}; reshape it")
    padded = axes + [(0, (0,) * len(axes[0][1]))] * (MOST_OUTER - len(axes))
    lengths, moves = zip(*padded, strict=True)
    return np.array([len(axes), *lengths, *np.ravel(moves)], np.int32).tobytes()
