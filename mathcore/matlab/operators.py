"""The operators of matrices: ``*``, ``/`` and ``**`` go element by element, ``@`` is the product of matrices.

``&``, ``|``, ``^`` and ``~`` are logical: anything but 0 counts as true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mathcore.matlab as matlab  # complete by the time an operator is called

if TYPE_CHECKING:
    from mathcore.matlab.matrix import Matrix


class Operators:
    """Python's operators on top of the functions of ``mathcore.matlab``."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # == gives a matrix
    __array_ufunc__ = None  # beside a NumPy array on the left, our reflected operator is asked

    def __add__(self, other: Any) -> Matrix:
        return matlab.plus(self, other)

    def __radd__(self, other: Any) -> Matrix:
        return matlab.plus(other, self)

    def __sub__(self, other: Any) -> Matrix:
        return matlab.minus(self, other)

    def __rsub__(self, other: Any) -> Matrix:
        return matlab.minus(other, self)

    def __mul__(self, other: Any) -> Matrix:
        return matlab.times(self, other)

    def __rmul__(self, other: Any) -> Matrix:
        return matlab.times(other, self)

    def __truediv__(self, other: Any) -> Matrix:
        return matlab.rdivide(self, other)

    def __rtruediv__(self, other: Any) -> Matrix:
        return matlab.rdivide(other, self)

    def __pow__(self, other: Any) -> Matrix:
        return matlab.power(self, other)

    def __rpow__(self, other: Any) -> Matrix:
        return matlab.power(other, self)

    def __matmul__(self, other: Any) -> Matrix:
        return matlab.mtimes(self, other)

    def __rmatmul__(self, other: Any) -> Matrix:
        return matlab.mtimes(other, self)

    def __and__(self, other: Any) -> Matrix:
        return matlab.and_(self, other)

    def __rand__(self, other: Any) -> Matrix:
        return matlab.and_(other, self)

    def __or__(self, other: Any) -> Matrix:
        return matlab.or_(self, other)

    def __ror__(self, other: Any) -> Matrix:
        return matlab.or_(other, self)

    def __xor__(self, other: Any) -> Matrix:
        return matlab.xor(self, other)

    def __rxor__(self, other: Any) -> Matrix:
        return matlab.xor(other, self)

    def __invert__(self) -> Matrix:
        return matlab.not_(self)

    def __eq__(self, other: object) -> Matrix:  # type: ignore[override]  # element by element, as arrays do
        return matlab.eq(self, other)

    def __ne__(self, other: object) -> Matrix:  # type: ignore[override]
        return matlab.ne(self, other)

    def __lt__(self, other: Any) -> Matrix:
        return matlab.lt(self, other)

    def __le__(self, other: Any) -> Matrix:
        return matlab.le(self, other)

    def __gt__(self, other: Any) -> Matrix:
        return matlab.gt(self, other)

    def __ge__(self, other: Any) -> Matrix:
        return matlab.ge(self, other)

    def __neg__(self) -> Matrix:
        return matlab.uminus(self)

    def __pos__(self) -> Matrix:
        return matlab.uplus(self)

    def __abs__(self) -> Matrix:
        return matlab.abs(self)
