"""Element-wise operations with broadcasting, and transposition: both read through strides and write in order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import C_TYPES
from mathcore.backends.shapes import COMPARISONS, Shape, broadcast_shape, check_elementwise
from mathcore.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "elementwise.cl"
OUTER_AXES = 5
BOOL = np.dtype(np.bool_)

EXPRESSIONS = {
    "negative": "-a",
    "abs": "a < 0 ? -a : a",
    "exp": "exp(a)",
    "log": "log(a)",
    "sqrt": "sqrt(a)",
    "tanh": "tanh(a)",
    "add": "a + b",
    "subtract": "a - b",
    "multiply": "a * b",
    "divide": "a / b",
    "maximum": "a >= b || a != a ? a : b",
    "minimum": "a <= b || a != a ? a : b",
    "pow": "pow(a, b)",
    "equal": "a == b",
    "less": "a < b",
    "less_equal": "a <= b",
}
OF_FLOAT = {"abs": "fabs(a)"}
OF_BOOL = {"add": "a | b", "multiply": "a & b"}
NOT_OF_BOOL = frozenset({"negative", "subtract"})

Axis = tuple[int, int, int]
"""Length, stride in ``a``, stride in ``b``."""


def elementwise(backend: OpenCLBackend, operation: str, operands: tuple[NDArray, ...]) -> NDArray:
    """Apply a named operation; one or two operands of one dtype, comparisons give bool."""
    check_elementwise(operation, [x.dtype for x in operands])
    dtype = operands[0].dtype
    if dtype == BOOL and operation in NOT_OF_BOOL:
        raise DTypeError(f"{operation}: expected float32, int32 or uint8, got bool; convert it with asarray")
    shape = broadcast_shape(operation, [x.shape for x in operands])
    strides = [_broadcast_strides(x.shape, shape) for x in operands]
    y = backend.empty(shape, BOOL if operation in COMPARISONS else dtype)
    _launch(backend, _expression(operation, dtype), operands, strides, y)
    return y


def transpose(backend: OpenCLBackend, x: NDArray, axes: tuple[int, ...]) -> NDArray:
    """Return a copy with the axes permuted.

    Raises:
        ShapeError: if ``axes`` is no permutation of the axes of ``x``.
    """
    if sorted(axes) != list(range(x.ndim)):
        raise ShapeError(f"transpose: expected a permutation of {tuple(range(x.ndim))}, got {axes}")
    strides = _strides(x.shape)
    y = backend.empty(tuple(x.shape[axis] for axis in axes), x.dtype)
    _launch(backend, "a", (x,), [tuple(strides[axis] for axis in axes)], y)
    return y


def _launch(
    backend: OpenCLBackend, expression: str, operands: tuple[NDArray, ...], strides: list[Shape], y: NDArray
) -> None:
    a, b = operands[0], operands[-1]
    axes = _merge(list(zip(y.shape, strides[0], strides[-1], strict=True)))
    if len(axes) > OUTER_AXES + 1:
        raise ShapeError(f"expected at most {OUTER_AXES + 1} axes after merging, got shape {y.shape}; reshape it")
    inner, step_a, step_b = axes.pop() if axes else (1, 0, 0)
    rows = math.prod(axis[0] for axis in axes)
    outer = [(1, 0, 0)] * (OUTER_AXES - len(axes)) + axes
    length = backend.queue.tuning.run_length(inner)
    parts = -(-inner // length)
    numbers = (
        parts, length, inner, step_a, step_b, *(axis[0] for axis in outer[1:]),
        *(axis[1] for axis in outer), *(axis[2] for axis in outer),
    )  # fmt: skip
    macros = (("IN", C_TYPES[a.dtype]), ("OUT", C_TYPES[y.dtype]), ("EXPRESSION", f"({expression})"))
    backend.queue.launch(FILE, "elementwise", rows * parts, (a.data, b.data, y.data), numbers, macros)


def _expression(operation: str, dtype: np.dtype[Any]) -> str:
    special = {"f": OF_FLOAT, "b": OF_BOOL}.get(dtype.kind, {})
    return special.get(operation, EXPRESSIONS[operation])


def _strides(shape: Shape) -> Shape:
    """Return the strides of a contiguous array, in elements."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _broadcast_strides(shape: Shape, target: Shape) -> Shape:
    """Return the strides that read ``shape`` as ``target``: 0 along the axes that repeat."""
    own = tuple(0 if length == 1 else stride for length, stride in zip(shape, _strides(shape), strict=True))
    return (0,) * (len(target) - len(shape)) + own


def _merge(axes: list[Axis]) -> list[Axis]:
    """Return the axes without those of length 1; neighbours that are walked in one go become one axis."""
    merged: list[Axis] = []
    for length, step_a, step_b in axes:
        if length == 1:
            continue
        if merged and merged[-1][1:] == (length * step_a, length * step_b):
            merged[-1] = (merged[-1][0] * length, step_a, step_b)
        else:
            merged.append((length, step_a, step_b))
    return merged
