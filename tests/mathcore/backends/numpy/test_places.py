"""Walks through strides and places on NumPy arrays, against what they are defined as."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mathcore.backends.base import Backend
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.errors import DTypeError, ShapeError

WALKS = [
    (0, (1,), (12,)),
    (11, (-1,), (12,)),
    (3, (-1, 4), (2, 3)),
    (5, (), ()),
    (2, (0, 3), (3, 2)),
    (0, (4, 0, 1), (3, 2, 2)),
    (7, (1,), (0,)),
    (-1, (-1,), (0,)),
]


@pytest.fixture
def numpy_backend() -> Backend:
    return NumpyBackend()


@pytest.mark.parametrize(("offset", "strides", "shape"), WALKS, ids=str)
def test_a_walk_visits_the_places_it_names(
    numpy_backend: Backend, offset: int, strides: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    host = np.arange(12, dtype=np.int32)
    x = numpy_backend.asarray(host.reshape(3, 4))
    part = numpy_backend.read_strided(x, offset, strides, shape)
    assert (part.shape, part.data.flags.owndata, part.data.flags.c_contiguous) == (shape, True, True)
    values = numpy_backend.asarray(100 + np.arange(part.size, dtype=np.int32).reshape(shape))
    numpy_backend.write_strided(x, offset, strides, shape, values)
    for index in itertools.product(*map(range, shape)):
        place = offset + sum(i * stride for i, stride in zip(index, strides, strict=True))
        assert part.data[index] == place
        host[place] = values.data[index]
    np.testing.assert_array_equal(x.numpy().reshape(-1), host)


def test_what_a_walk_reads_is_a_copy(numpy_backend: Backend) -> None:
    x = numpy_backend.asarray([1, 2, 3])
    part, turned = numpy_backend.read_strided(x, 0, (1,), (3,)), numpy_backend.transpose(x, (0,))
    x.data[:] = 0
    assert part.tolist() == turned.tolist() == [1, 2, 3]


def test_elements_and_rows_are_gathered_and_scattered(numpy_backend: Backend) -> None:
    x = numpy_backend.asarray([[1, 2], [3, 4], [5, 6]])
    at = numpy_backend.asarray([2, 0, 2])
    assert numpy_backend.gather(x, at).tolist() == [3, 1, 3]
    assert numpy_backend.gather_rows(x, at).tolist() == [[5, 6], [1, 2], [5, 6]]
    assert numpy_backend.gather(x, numpy_backend.asarray(4)).shape == ()
    numpy_backend.scatter(x, at, numpy_backend.asarray([7, 8, 9]))
    assert x.tolist() == [[8, 2], [9, 4], [5, 6]]
    numpy_backend.scatter_rows(x, at, numpy_backend.asarray([[1, 1], [2, 2], [3, 3]]))
    assert x.tolist() == [[2, 2], [9, 4], [3, 3]]


def test_what_is_not_zero_is_found(numpy_backend: Backend) -> None:
    found = numpy_backend.nonzero(numpy_backend.asarray([[0.0, np.nan], [-0.0, 2.0]]))
    assert (found.dtype.name, found.tolist()) == ("int32", [1, 3])
    assert numpy_backend.iota(3).tolist() == [0, 1, 2]


def test_what_does_not_fit_is_refused(numpy_backend: Backend) -> None:
    x = numpy_backend.zeros((2, 3))
    with pytest.raises(ShapeError, match="transpose: expected a permutation of"):
        numpy_backend.transpose(x, (0, 2))
    with pytest.raises(ShapeError, match="write_strided: expected a shape that broadcasts"):
        numpy_backend.write_strided(x, 0, (1,), (3,), numpy_backend.zeros((2,)))
    for write in (numpy_backend.scatter, numpy_backend.scatter_rows):
        with pytest.raises(DTypeError, match="scatter: expected values of float32, got int32"):
            write(x, numpy_backend.asarray([0]), numpy_backend.asarray([1]))
