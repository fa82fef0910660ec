"""Making matrices: lists, typed elements, sizes and devices."""

from __future__ import annotations

import numpy as np

import mathcore
from mathcore import matlab
from mathcore.backends.base import Backend
from mathcore.matlab import Matrix


def test_lists_become_rows_or_columns_and_come_back(backend: Backend) -> None:
    with mathcore.device(backend):
        row, column = matlab.jsa2mat([1, 2, 3]), matlab.jsa2mat([1, 2, 3], True, "int32")
    assert matlab.mat2jsa(row) == [[1, 2, 3]]
    assert matlab.mat2jsa(column) == [[1], [2], [3]]
    assert matlab.mat2jsa(row, True) == matlab.mat2jsa(column, True) == [1, 2, 3]
    assert (matlab.klass(row), matlab.klass(column)) == ("single", "int32")


def test_lists_within_a_row_are_the_third_axis(backend: Backend) -> None:
    with mathcore.device(backend):
        x = matlab.jsa2mat([[[1, 2], [3, 4], [5, 6]]])
    assert x.array.shape == (1, 3, 2)
    assert x.get(1, 3, 2) == 6
    assert matlab.mat2jsa(x) == [[[1, 2], [3, 4], [5, 6]]]


def test_typed_elements_go_column_by_column(backend: Backend) -> None:
    with mathcore.device(backend):
        x = matlab.typedarray2mat([2, 2], "int32", np.array([1, 2, 3, 4, 5], np.int32))
        flags = matlab.typedarray2mat([1, 2], "logical", [0, 7])
    assert x.tolist() == [[1, 3], [2, 4]]
    assert flags.tolist() == [[False, True]]


def test_like_gives_class_and_device(backend: Backend) -> None:
    x = Matrix(backend.zeros((1, 1), np.uint8))
    for make in (matlab.zeros, matlab.ones, matlab.eye):
        made = make(2, 3, "like", x)
        assert made.array.backend is backend
        assert (matlab.klass(made), made.array.shape) == ("uint8", (2, 3))


def test_arrays_are_made_on_the_default_device(backend: Backend) -> None:
    with mathcore.device(backend):
        made = [matlab.zeros(2), matlab.ones(2), matlab.eye(2), matlab.colonvec(1, 3), matlab.jsa2mat([1])]
    assert {x.array.backend.name for x in made} == {backend.name}


def test_results_and_lists_stay_on_the_device_of_the_array(backend: Backend) -> None:
    x = Matrix(backend.zeros((2, 2)))
    made = [matlab.plus(x, [1, 2]), matlab.cat(1, x, [[1, 2]]), matlab.size(x), matlab.find(x), x[[1, 2]]]
    assert all(one.array.backend is backend for one in [*made, matlab.isclose([1, 2], x)])
