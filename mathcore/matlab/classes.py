"""Element types under MATLAB's names, and that of the result of arithmetic: the arrays' own, single if all are logical.

Numbers beside an array do not change its class, as in MATLAB and Sushi2. With those that a class of whole numbers
cannot hold, the result is computed in single and cut to the class again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mathcore
from mathcore.dtypes import DType, iinfo, is_integer, promote
from mathcore.errors import DTypeError

if TYPE_CHECKING:
    from mathcore.array import NDArray

Number = bool | int | float

DTYPES: dict[str, DType] = {
    "single": mathcore.float32,
    "double": mathcore.float64,
    "logical": mathcore.bool,
    **{str(dtype): dtype for dtype in mathcore.dtypes.ALL if is_integer(dtype)},
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def dtype_of(name: str, klass: str) -> DType:
    """Return the element type of a class.

    Raises:
        DTypeError: if there is no such class.
    """
    if klass not in DTYPES:
        raise DTypeError(f"{name}: expected a class of {', '.join(DTYPES)}, got {klass!r}")
    return DTYPES[klass]


def arithmetic_class(*arrays: NDArray) -> DType:
    """Return the element type of a result: the one in which the arrays meet, single instead of logical."""
    dtype = promote(*(x.dtype for x in arrays))
    return mathcore.float32 if dtype == mathcore.bool else dtype


def computing_class(dtype: DType, operands: tuple[NDArray | Number, ...]) -> DType:
    """Return the element type to compute in: ``dtype``, or single if it cannot hold one of the numbers."""
    if not is_integer(dtype):
        return dtype
    limits = iinfo(dtype)
    numbers = [x for x in operands if isinstance(x, bool | int | float)]
    fit = all(x == x // 1 and limits.min <= x <= limits.max for x in numbers)
    return dtype if fit else mathcore.float32
