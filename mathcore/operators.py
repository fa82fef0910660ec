"""The operators of arrays: each is the function of that name; ``functions/operands.py`` says how operands meet.

In-place operators write into the array's own memory, so arrays that share it see the change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import mathcore  # complete by the time an operator is called
from mathcore.deferred import Number
from mathcore.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.array import NDArray

OPERANDS = (bool, int, float, Number, list, tuple, np.ndarray, np.generic)
"""What may stand beside an array for a comparison; anything else is simply not equal."""


class Operators:
    """Python's operators on top of the functions of ``mathcore``."""

    __slots__ = ()
    __array_ufunc__ = None  # beside a NumPy array on the left, our reflected operator is asked

    def __add__(self, other: Any) -> NDArray:
        return mathcore.add(self, other)

    def __radd__(self, other: Any) -> NDArray:
        return mathcore.add(other, self)

    def __iadd__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.add(self, other))

    def __sub__(self, other: Any) -> NDArray:
        return mathcore.subtract(self, other)

    def __rsub__(self, other: Any) -> NDArray:
        return mathcore.subtract(other, self)

    def __isub__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.subtract(self, other))

    def __mul__(self, other: Any) -> NDArray:
        return mathcore.multiply(self, other)

    def __rmul__(self, other: Any) -> NDArray:
        return mathcore.multiply(other, self)

    def __imul__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.multiply(self, other))

    def __truediv__(self, other: Any) -> NDArray:
        return mathcore.divide(self, other)

    def __rtruediv__(self, other: Any) -> NDArray:
        return mathcore.divide(other, self)

    def __itruediv__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.divide(self, other))

    def __floordiv__(self, other: Any) -> NDArray:
        return mathcore.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> NDArray:
        return mathcore.floor_divide(other, self)

    def __ifloordiv__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.floor_divide(self, other))

    def __mod__(self, other: Any) -> NDArray:
        return mathcore.remainder(self, other)

    def __rmod__(self, other: Any) -> NDArray:
        return mathcore.remainder(other, self)

    def __imod__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.remainder(self, other))

    def __pow__(self, other: Any) -> NDArray:
        return mathcore.pow(self, other)

    def __rpow__(self, other: Any) -> NDArray:
        return mathcore.pow(other, self)

    def __ipow__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.pow(self, other))

    def __matmul__(self: NDArray, other: Any) -> NDArray:  # type: ignore[misc]  # arrays are the only operators
        return mathcore.matmul(self, other)

    def __rmatmul__(self: NDArray, other: Any) -> NDArray:  # type: ignore[misc]  # as above
        return mathcore.matmul(other, self)

    def __imatmul__(self: NDArray, other: Any) -> NDArray:  # type: ignore[misc]  # as above
        return _assign(self, mathcore.matmul(self, other))

    def __and__(self, other: Any) -> NDArray:
        return mathcore.bitwise_and(self, other)

    def __rand__(self, other: Any) -> NDArray:
        return mathcore.bitwise_and(other, self)

    def __iand__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.bitwise_and(self, other))

    def __or__(self, other: Any) -> NDArray:
        return mathcore.bitwise_or(self, other)

    def __ror__(self, other: Any) -> NDArray:
        return mathcore.bitwise_or(other, self)

    def __ior__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.bitwise_or(self, other))

    def __xor__(self, other: Any) -> NDArray:
        return mathcore.bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> NDArray:
        return mathcore.bitwise_xor(other, self)

    def __ixor__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.bitwise_xor(self, other))

    def __lshift__(self, other: Any) -> NDArray:
        return mathcore.bitwise_left_shift(self, other)

    def __rlshift__(self, other: Any) -> NDArray:
        return mathcore.bitwise_left_shift(other, self)

    def __ilshift__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.bitwise_left_shift(self, other))

    def __rshift__(self, other: Any) -> NDArray:
        return mathcore.bitwise_right_shift(self, other)

    def __rrshift__(self, other: Any) -> NDArray:
        return mathcore.bitwise_right_shift(other, self)

    def __irshift__(self, other: Any) -> NDArray:
        return _assign(self, mathcore.bitwise_right_shift(self, other))

    def __neg__(self) -> NDArray:
        return mathcore.negative(self)

    def __pos__(self) -> NDArray:
        return mathcore.positive(self)

    def __abs__(self) -> NDArray:
        return mathcore.abs(self)

    def __invert__(self) -> NDArray:
        return mathcore.bitwise_invert(self)

    def __lt__(self, other: Any) -> NDArray:
        return mathcore.less(self, other)

    def __le__(self, other: Any) -> NDArray:
        return mathcore.less_equal(self, other)

    def __gt__(self, other: Any) -> NDArray:
        return mathcore.greater(self, other)

    def __ge__(self, other: Any) -> NDArray:
        return mathcore.greater_equal(self, other)

    def __eq__(self, other: object) -> NDArray:  # type: ignore[override]  # element by element, as the standard has it
        return mathcore.equal(self, other) if isinstance(other, (Operators, *OPERANDS)) else NotImplemented

    def __ne__(self, other: object) -> NDArray:  # type: ignore[override]  # element by element, as the standard has it
        return mathcore.not_equal(self, other) if isinstance(other, (Operators, *OPERANDS)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equality is element by element


def _assign(x: Any, result: NDArray) -> NDArray:
    """Write ``result`` into the memory of ``x``.

    Raises:
        ShapeError: if broadcasting gave another shape.
        DTypeError: if promotion gave another type.
    """
    if result.shape != x.shape:
        raise ShapeError(f"in-place operator: expected a result of shape {x.shape}, got {result.shape}; use x = x + y")
    if result.dtype != x.dtype:
        raise DTypeError(f"in-place operator: expected a result of {x.dtype}, got {result.dtype}; convert with astype")
    x.backend.copy(result, x)
    return x  # type: ignore[no-any-return]
