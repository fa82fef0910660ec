"""Making arrays: filled by rule, or from lists, on the default device or that of an array given with "like".

Sizes are written as in MATLAB: ``zeros()`` is 1 by 1, ``zeros(n)`` n by n, ``zeros(m, n, ...)`` or one row of lengths;
then a class such as ``"int32"``, by default single, or ``"like", x`` for the class and the device of ``x``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

import mathcore
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.dtypes import DType
from mathcore.errors import ShapeError
from mathcore.matlab.classes import dtype_of
from mathcore.matlab.matrix import Matrix, as_matrix
from mathcore.matlab.shapes import whole_numbers
from mathcore.matlab.sizes import Size, filled, flat, matlab_size


@dataclass(frozen=True)
class Order:
    """What was ordered: a size, an element type, a device."""

    shape: Size
    dtype: DType
    backend: Backend


def order(name: str, arguments: tuple[Any, ...]) -> Order:
    """Return what arguments in MATLAB's form order.

    Raises:
        ShapeError: if a length is no whole number.
        DTypeError: if the class is unknown.
    """
    like, klass = None, "single"
    if len(arguments) >= 2 and isinstance(arguments[-2], str) and arguments[-2] == "like":
        *lengths, _, like = arguments
    elif arguments and isinstance(arguments[-1], str):
        *lengths, klass = arguments
    else:
        lengths = list(arguments)
    numbers = [max(0, number) for number in whole_numbers(name, tuple(lengths))] if lengths else [1, 1]
    if not numbers:
        raise ShapeError(f"{name}: expected lengths, got an empty list; zeros(0) has no elements")
    shape = matlab_size(tuple(numbers * 2 if len(numbers) == 1 else numbers))
    if like is None:
        return Order(shape, dtype_of(name, klass), mathcore.device().backend)
    return Order(shape, as_matrix(like).array.dtype, as_matrix(like).array.backend)


def zeros(*arguments: Any) -> Matrix:
    """Return zeros; arguments as this file says."""
    wanted = order("zeros", arguments)
    return Matrix(wanted.backend.zeros(wanted.shape, wanted.dtype))


def ones(*arguments: Any) -> Matrix:
    """Return ones; arguments as this file says."""
    wanted = order("ones", arguments)
    return Matrix(mathcore.ones(wanted.shape, dtype=wanted.dtype, device=mathcore.device(wanted.backend)))


def eye(*arguments: Any) -> Matrix:
    """Return a matrix with ones from the upper left on, zeros elsewhere; arguments as this file says.

    Raises:
        ShapeError: if there are more than two lengths.
    """
    wanted = order("eye", arguments)
    if len(wanted.shape) != 2:
        raise ShapeError(f"eye: expected two lengths, got {wanted.shape}")
    return Matrix(mathcore.eye(*wanted.shape, dtype=wanted.dtype, device=mathcore.device(wanted.backend)))


def colonvec(start: float, stop_step: float, stop: float | None = None, klass: str = "single") -> Matrix:
    """Return the row ``start``, ``start + step`` ... up to ``stop``: ``colonvec(1, 5)``, ``colonvec(9, -2, 1)``.

    The numbers are computed in double on the host. An end that rounding just misses is included, as in MATLAB.

    Raises:
        MathcoreError: if the step is 0.
    """
    step, last = (1, stop_step) if stop is None else (stop_step, stop)
    if step == 0:
        raise ShapeError("colonvec: expected a step other than 0, got 0")
    count = max(0, math.floor((last - start) / step * (1 + np.finfo(np.float64).eps)) + 1)
    row = start + step * np.arange(count)
    return Matrix(row.astype(dtype_of("colonvec", klass)))


def jsa2mat(A: Any, one_d_column: bool = False, klass: str = "single") -> Matrix:
    """Return nested lists as a matrix: the outer list holds rows, a list within a list within a row the third axis.

    Args:
        A: lists, or a number.
        one_d_column: whether a list of numbers becomes a column instead of a row.
        klass: the class.
    """
    x = Matrix(A, klass)
    return Matrix(x.array.reshape(x.array.size, 1)) if one_d_column and x.array.shape[0] == 1 else x


def mat2jsa(A: Any, one_d_flatten: bool = False) -> Any:
    """Return nested lists of Python numbers, one list a row; ``one_d_flatten`` makes one list of a row or column."""
    x = as_matrix(A).array
    return flat(x).tolist() if one_d_flatten and x.ndim == 2 and 1 in x.shape else x.tolist()


def typedarray2mat(size: Any, klass: str = "single", data: Any = ()) -> Matrix:
    """Return elements, given column by column, under a size.

    Args:
        size: the lengths, as a list or row.
        klass: the class.
        data: at least as many numbers as the size has elements: a list, a NumPy array, an NDArray.
    Raises:
        ShapeError: if there are fewer.
    """
    lengths = tuple(whole_numbers("typedarray2mat", (size,)))
    elements = flat(Matrix(data, klass).array)
    count = math.prod(lengths)
    if elements.size < count:
        raise ShapeError(f"typedarray2mat: expected {count} elements for size {lengths}, got {elements.size}")
    return Matrix(filled(_first(elements, count), lengths))


def _first(elements: NDArray, count: int) -> NDArray:
    return elements if elements.size == count else elements[:count]
