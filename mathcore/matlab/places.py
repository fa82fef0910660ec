"""Linear places from subscripts and back, both from 1 on, computed on the host; arrays of them are int32."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mathcore.errors import ShapeError
from mathcore.matlab.matrix import Matrix
from mathcore.matlab.shapes import whole_numbers
from mathcore.matlab.sizes import column_strides


def sub2ind(size: Any, *subscripts: Any) -> Any:
    """Return the linear places of subscripts in an array of this size.

    Args:
        size: the lengths, as a list or row.
        subscripts: one for each axis, numbers or arrays of one size; the last counts through all axes that are left.
    Returns:
        A Python number for numbers, else int32 in the size of the subscripts.
    Raises:
        IndexError: if a place is not there.
        ShapeError: if there are no subscripts, or their sizes differ.
    """
    lengths = _lengths("sub2ind", size, len(subscripts))
    numbers = [_whole(x) for x in subscripts]
    if len({x.shape for x in numbers}) != 1:
        raise ShapeError(f"sub2ind: expected subscripts of one size, got {[x.shape for x in numbers]}")
    for axis, (x, length) in enumerate(zip(numbers, lengths, strict=True)):
        _check(x, length, f"sub2ind: subscript {axis + 1}")
    parts = [(x - 1) * stride for x, stride in zip(numbers, column_strides(lengths), strict=True)]
    return _result(np.sum(parts, axis=0) + 1, subscripts)


def ind2sub(size: Any, places: Any) -> tuple[Any, ...]:
    """Return the subscripts of linear places in an array of this size, one for each length that ``size`` has.

    Raises:
        IndexError: if a place is not there.
    """
    lengths = _lengths("ind2sub", size, None)
    numbers = _whole(places)
    _check(numbers, math.prod(lengths), "ind2sub")
    steps = zip(column_strides(lengths), lengths, strict=True)
    return tuple(_result((numbers - 1) // stride % length + 1, (places,)) for stride, length in steps)


def _lengths(name: str, size: Any, count: int | None) -> tuple[int, ...]:
    lengths = tuple(whole_numbers(name, (size,)))
    if count is None:
        return lengths
    if not count or len(lengths) < 2:
        raise ShapeError(f"{name}: expected two or more lengths and a subscript, got {lengths} and {count} subscripts")
    joined = (*lengths[: count - 1], math.prod(lengths[count - 1 :]))
    return joined + (1,) * (count - len(joined))


def _whole(x: Any) -> np.ndarray:
    host = x.numpy() if isinstance(x, Matrix) else np.asarray(x)
    if (host != host // 1).any():
        raise IndexError(f"expected whole places, got {host}")
    return host.astype(np.int64)


def _check(x: np.ndarray, length: int, name: str) -> None:
    if x.size and not (x.min() >= 1 and x.max() <= length):
        raise IndexError(f"{name}: expected places of 1 to {length}, got {x.min()} to {x.max()}")


def _result(places: np.ndarray, given: tuple[Any, ...]) -> Any:
    like = next((x for x in given if isinstance(x, Matrix)), None)
    if like is None and not places.ndim:
        return int(places)
    return Matrix(places.astype(np.int32), like=like)
