"""The form of arrays: reshaping column by column, exchanging axes, repeating, joining."""

from __future__ import annotations

import math
from typing import Any

import mathcore
from mathcore.array import NDArray
from mathcore.errors import ShapeError
from mathcore.matlab.matrix import Matrix, as_matrix
from mathcore.matlab.sizes import filled, flat, padded


def reshape(A: Any, *sz: Any) -> Matrix:
    """Return the elements, taken column by column, under another size.

    Args:
        A: the array.
        sz: the lengths, or one row of them; one of several may be [], None or -1, which stands for what is left.
    Raises:
        ShapeError: if the elements do not fill that size.
    """
    x = as_matrix(A).array
    lengths = whole_numbers("reshape", sz)
    left_out = [axis for axis, length in enumerate(lengths) if length == -1]
    if len(left_out) == 1:
        others = math.prod(length for length in lengths if length != -1)
        lengths[left_out[0]] = x.size // others if others else 0
    if len(lengths) < 2 or min(lengths) < 0 or math.prod(lengths) != x.size:
        raise ShapeError(f"reshape: expected two or more lengths that give {x.size} elements, got {list(sz)}")
    return Matrix(filled(flat(x), tuple(lengths)).copy())


def squeeze(A: Any) -> Matrix:
    """Return A without axes of length 1; a matrix stays as it is, and what is left of one axis is a column."""
    x = as_matrix(A).array
    longer = tuple(length for length in x.shape if length != 1)
    if x.ndim == 2:
        return Matrix(x.copy())
    return Matrix(x.copy().reshape(longer if len(longer) > 1 else (*longer, 1)))


def transpose(A: Any) -> Matrix:
    """Return a matrix with rows and columns exchanged.

    Raises:
        ShapeError: if A has more than two axes.
    """
    return Matrix(as_matrix(A).array.T)


t = transpose


def permute(A: Any, order: Any) -> Matrix:
    """Return A with its axes in another order.

    Args:
        A: the array.
        order: the axes from 1 on, each once; axes beyond those of A have length 1.
    Raises:
        ShapeError: if an axis is missing or named twice.
    """
    axes = _axes("permute", A, order)
    return Matrix(mathcore.permute_dims(padded(as_matrix(A).array, len(axes)), tuple(axes)))


def ipermute(A: Any, order: Any) -> Matrix:
    """Return what ``permute`` made into A with this order; arguments as there."""
    axes = _axes("ipermute", A, order)
    return permute(A, [axes.index(axis) + 1 for axis in range(len(axes))])


def repmat(A: Any, *counts: Any) -> Matrix:
    """Return A repeated along its axes.

    Args:
        A: the array.
        counts: how often along each axis, or one row of them; a single number is for rows and columns.
    """
    x = as_matrix(A).array
    repeats = whole_numbers("repmat", counts)
    repeats = [max(0, number) for number in (repeats * 2 if len(repeats) == 1 else repeats)]
    repeats += [1] * (x.ndim - len(repeats))
    return Matrix(mathcore.tile(padded(x, len(repeats)), tuple(repeats)))


def cat(dim: int, *arrays: Any) -> Matrix:
    """Return arrays joined along ``dim`` (from 1 on), in the class in which they meet; 0 by 0 ones are left out.

    Raises:
        ShapeError: if other lengths differ, or there are no arrays.
    """
    like = next((x for x in arrays if isinstance(x, Matrix)), None)
    given = [as_matrix(x, like).array for x in arrays]
    if not given or dim < 1:
        raise ShapeError(f"cat: expected a dimension of 1 or more and arrays, got {dim} and {len(given)} arrays")
    parts = [x for x in given if x.shape != (0, 0)] or given[:1]
    ndim = max(dim, *(x.ndim for x in parts))
    return Matrix(mathcore.concat([padded(x, ndim) for x in parts], axis=dim - 1))


def horzcat(*arrays: Any) -> Matrix:
    """Return arrays joined side by side."""
    return cat(2, *arrays)


def vertcat(*arrays: Any) -> Matrix:
    """Return arrays joined one below the other."""
    return cat(1, *arrays)


def whole_numbers(name: str, arguments: tuple[Any, ...]) -> list[int]:
    """Return lengths or counts given one by one, or as one row or list; [] and None give -1.

    Raises:
        ShapeError: if one is no whole number.
    """
    if len(arguments) == 1 and isinstance(arguments[0], list | tuple | Matrix | NDArray):
        arguments = tuple(flat(as_matrix(arguments[0]).array).tolist())
    numbers = [-1 if one is None or one == [] else one for one in arguments]
    if any(number != number // 1 for number in numbers):
        raise ShapeError(f"{name}: expected whole numbers, got {list(arguments)}")
    return [int(number) for number in numbers]


def _axes(name: str, A: Any, order: Any) -> list[int]:
    axes = [axis - 1 for axis in whole_numbers(name, (order,))]
    if sorted(axes) != list(range(len(axes))) or len(axes) < as_matrix(A).array.ndim:
        raise ShapeError(f"{name}: expected the axes 1 to {as_matrix(A).array.ndim} or more, each once, got {order}")
    return axes
