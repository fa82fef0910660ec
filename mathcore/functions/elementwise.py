"""What all element-wise functions share: operands meet (``functions/operands.py``), then comes one operation.

Operands are arrays, Python numbers, nested lists or NumPy arrays, and broadcast. Functions of floating point convert
whole numbers and bool to float32.
"""

from __future__ import annotations

from typing import Any

from mathcore.array import NDArray
from mathcore.dtypes import DEFAULT_FLOAT, is_floating
from mathcore.functions.operands import to_arrays

Operand = Any
"""An NDArray, a Python number, nested lists of them, or a NumPy array."""


def apply(name: str, *operands: Operand) -> NDArray:
    """Return the operation ``name`` of the operands.

    Raises:
        ShapeError: if the shapes do not broadcast.
        DTypeError: if the operation is not defined for the element types, or they meet in none.
        DeviceError: if arrays of two devices meet.
    """
    arrays = to_arrays(name, *operands)
    return arrays[0].backend.elementwise(name, *arrays)


def apply_floating(name: str, *operands: Operand) -> NDArray:
    """Return the operation ``name`` of the operands, in floating point.

    Raises:
        ShapeError: if the shapes do not broadcast.
        DTypeError: if the element types meet in none.
        DeviceError: if arrays of two devices meet.
    """
    arrays = to_arrays(name, *operands)
    backend = arrays[0].backend
    if not is_floating(arrays[0].dtype):
        arrays = [backend.cast(x, DEFAULT_FLOAT) for x in arrays]
    return backend.elementwise(name, *arrays)
