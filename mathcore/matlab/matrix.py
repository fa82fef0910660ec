"""Matrix: an NDArray under MATLAB's rules: at least two axes, places from 1 on, linear places column by column."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import mathcore
from mathcore.array import NDArray
from mathcore.dtypes import is_integer
from mathcore.functions.operands import to_array
from mathcore.matlab import indexing
from mathcore.matlab.classes import NAMES, dtype_of
from mathcore.matlab.operators import Operators
from mathcore.matlab.sizes import matlab_size
from mathcore.matlab.subscripts import is_place


@dataclass(init=False, eq=False, repr=False, slots=True)
class Matrix(Operators):
    """An array indexed as in MATLAB: ``x[end, :]``, ``x[2:end, 1] = 0``, ``x[9:-2:1]``, ``x[x > 3]``.

    An array without axes becomes 1 by 1, one with a single axis a row; axes of length 1 behind the second are dropped.
    An NDArray stays where it is and shares its memory: writing to the Matrix writes to the NDArray.

    Attributes:
        array: the values, for the functions of ``mathcore``.
    """

    array: NDArray

    def __init__(self, values: Any, klass: str | None = None, *, like: Matrix | None = None) -> None:
        """Make a matrix.

        Args:
            values: an NDArray, a Matrix, a NumPy array, a Python number, or nested lists of numbers.
            klass: the class to convert to; by default arrays keep theirs, Python numbers become single or logical.
            like: a matrix on whose device values of the host go; by default the default device.
        Raises:
            DTypeError: if the class is unknown, or the device does not hold it.
        """
        array = values.array if isinstance(values, Matrix) else values
        if not isinstance(array, NDArray):
            array = _from_host(array, klass, like)
        dtype = array.dtype if klass is None else dtype_of("Matrix", klass)
        self.array = array.astype(dtype, copy=False).reshape(matlab_size(array.shape))

    # Elements

    def __getitem__(self, index: Any) -> Matrix:
        return Matrix(indexing.get(self.array, _indices(index)))

    def __setitem__(self, index: Any, value: Any) -> None:
        indexing.put(self.array, _indices(index), _written(value, self))

    def get(self, *indices: Any) -> Any:
        """Return ``x[indices]``, as a Python number if all indices are numbers; the first element if there are none.

        Raises:
            IndexError: if a place is not there.
        """
        chosen = indices or (1,)
        found = self[chosen]
        return found.item() if all(is_place(index) for index in chosen) else found

    def set(self, *indices_and_value: Any) -> None:
        """Set ``x[indices] = value``; the value is the last argument.

        Raises:
            IndexError: if a place is not there; matrices do not grow.
            ShapeError: if there are more or fewer values than places.
        """
        *indices, value = indices_and_value
        self[tuple(indices)] = value

    def __iter__(self) -> Iterator[Matrix]:
        """Return the columns, as MATLAB's ``for`` does."""
        return (self[:, column + 1] for column in range(math.prod(self.array.shape[1:])))

    # To the host

    def numpy(self) -> np.ndarray:
        """Return a copy of the values as a NumPy array; waits for the device."""
        return self.array.numpy()

    def tolist(self) -> Any:
        """Return the values as nested lists, one list a row."""
        return self.array.tolist()

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises:
            ShapeError: if there is not exactly one.
        """
        return self.array.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.numpy(), dtype)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        """Return whether there are elements and none is 0, as MATLAB's ``if`` does."""
        return self.array.size > 0 and bool(mathcore.all(self.array).item())

    def __repr__(self) -> str:
        size = "x".join(map(str, self.array.shape))
        return f"Matrix {size} {NAMES[self.array.dtype]}\n{self.numpy()}"


def as_matrix(x: Any, like: Matrix | None = None) -> Matrix:
    """Return ``x`` as a matrix: itself, or copied to the device of ``like``."""
    return x if isinstance(x, Matrix) else Matrix(x, like=like)


def _indices(index: Any) -> tuple[Any, ...]:
    """Return the indices as a tuple, with arrays in place of matrices."""
    indices = index if isinstance(index, tuple) else (index,)
    return tuple(one.array if isinstance(one, Matrix) else one for one in indices)


def _written(value: Any, x: Matrix) -> NDArray:
    """Return a value to write; a Python number keeps its kind, so that whole numbers are not rounded on the way."""
    if isinstance(value, bool | int | float):
        return to_array("set", value, x.array)
    return as_matrix(value, like=x).array


def _from_host(values: Any, klass: str | None, like: Matrix | None) -> NDArray:
    """Copy host values. Without a class Python's whole numbers become single, as MATLAB's are; ``[]`` is 0 by 0."""
    array = mathcore.asarray(values, device=None if like is None else like.array.device)
    if not isinstance(values, int | list | tuple | range):
        return array
    array = array.reshape(0, 0) if array.shape == (0,) else array
    return array.astype(mathcore.float32) if klass is None and is_integer(array.dtype) else array
