"""Sizes as MATLAB has them, and the order of elements: column by column, where NDArrays are stored row by row."""

from __future__ import annotations

import math

import mathcore
from mathcore.array import NDArray

Size = tuple[int, ...]


def matlab_size(shape: Size) -> Size:
    """Return the size that MATLAB gives to an array of this shape: at least two lengths, no 1 behind the second."""
    lengths = (1,) * (2 - len(shape)) + shape
    while len(lengths) > 2 and lengths[-1] == 1:
        lengths = lengths[:-1]
    return lengths


def is_vector(size: Size) -> bool:
    """Return whether exactly one length is not 1."""
    return sum(length != 1 for length in size) == 1


def along(size: Size, count: int) -> Size:
    """Return the size of ``count`` elements that run in the direction of a vector of this size."""
    return tuple(count if length != 1 else 1 for length in size)


def padded(x: NDArray, ndim: int) -> NDArray:
    """Return ``x`` with axes of length 1 appended, up to ``ndim`` axes."""
    return x.reshape(x.shape + (1,) * (ndim - x.ndim))


def one_order(size: Size) -> bool:
    """Return whether column by column and row by row are the same order."""
    return 0 in size or sum(length != 1 for length in size) < 2


def flat(x: NDArray) -> NDArray:
    """Return the elements column by column (n,); shares memory if that is how they are stored."""
    return x.reshape(x.size) if one_order(x.shape) else _reversed_axes(x).reshape(x.size)


def filled(elements: NDArray, size: Size) -> NDArray:
    """Return ``elements`` (n,) under a size of n elements, filled column by column."""
    if one_order(size):
        return elements.reshape(size)
    return _reversed_axes(elements.reshape(size[::-1]))


def column_strides(size: Size) -> Size:
    """Return how far apart the linear places of neighbours along each axis are."""
    return tuple(math.prod(size[:axis]) for axis in range(len(size)))


def row_strides(size: Size) -> Size:
    """Return how far apart neighbours along each axis are stored."""
    return tuple(math.prod(size[axis + 1 :]) for axis in range(len(size)))


def _reversed_axes(x: NDArray) -> NDArray:
    return mathcore.permute_dims(x, tuple(reversed(range(x.ndim))))
