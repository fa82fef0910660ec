"""Reshaping, joining and repeating: what is refused, and forms of the arguments that Octave does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import mathcore
from mathcore import matlab
from mathcore.backends.base import Backend
from mathcore.errors import MathcoreError
from mathcore.matlab import Matrix


def test_one_length_may_be_left_out_in_three_ways(backend: Backend) -> None:
    with mathcore.device(backend):
        x = matlab.colonvec(1, 6)
        rest: tuple[Any, ...] = (-1, None, [])
        forms = [matlab.reshape(x, 3, one).tolist() for one in rest] + [matlab.reshape(x, [3, 2]).tolist()]
    assert forms == [[[1, 4], [2, 5], [3, 6]]] * 4


def test_reshaping_copies(backend: Backend) -> None:
    with mathcore.device(backend):
        x = matlab.colonvec(1, 6)
        y = matlab.reshape(x, 6, 1)
        y[1] = 9
    assert x.get(1) == 1


def test_arrays_of_several_classes_join_in_the_one_they_meet_in(backend: Backend) -> None:
    with mathcore.device(backend):
        joined = matlab.horzcat(Matrix([1], "int32"), Matrix([True]), Matrix([2.5]))
    assert matlab.klass(joined) == "single"
    assert joined.tolist() == [[1, 1, 2.5]]


def test_joining_nothing_but_empty_arrays_gives_one(backend: Backend) -> None:
    with mathcore.device(backend):
        assert matlab.vertcat(Matrix([]), Matrix([])).array.shape == (0, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: matlab.reshape(x, 4, 2), "reshape: expected two or more lengths that give 6 elements"),
        (lambda x: matlab.reshape(x, 4, -1), "reshape: expected two or more lengths that give 6 elements"),
        (lambda x: matlab.reshape(x, 6), "reshape: expected two or more lengths"),
        (lambda x: matlab.reshape(x, 1.5, 4), "reshape: expected whole numbers"),
        (lambda x: matlab.permute(x, [1]), "permute: expected the axes 1 to 2 or more, each once"),
        (lambda x: matlab.permute(x, [1, 1, 2]), "permute: expected the axes"),
        (lambda x: matlab.transpose(matlab.zeros(2, 2, 2)), "T: expected a matrix"),
        (lambda x: matlab.cat(1), "cat: expected a dimension of 1 or more and arrays"),
        (lambda x: matlab.cat(0, x), "cat: expected a dimension of 1 or more and arrays"),
        (lambda x: matlab.vertcat(x, matlab.zeros(1, 4)), ""),
        (lambda x: matlab.mtimes(x, x), "mtimes: expected matrices (m, k) and (k, n), got (2, 3) and (2, 3)"),
        (lambda x: matlab.sum(x, 0), "expected a dimension of 1 or more, got 0"),
        (lambda x: matlab.size(x, 0), "size: expected a dimension of 1 or more, got 0"),
        (lambda x: matlab.variance(x, 2), "expected w of 0"),
        (lambda x: matlab.sort(x, 1, "up"), "sort: expected mode ascend or descend, got 'up'"),
        (lambda x: matlab.eye(2, 2, 2), "eye: expected two lengths"),
        (lambda x: matlab.zeros([]), "zeros: expected lengths, got an empty list"),
        (lambda x: matlab.zeros(2, "float"), "zeros: expected a class of"),
        (lambda x: matlab.colonvec(1, 0, 5), "colonvec: expected a step other than 0"),
        (lambda x: matlab.typedarray2mat([2, 2], "single", [1, 2, 3]), "typedarray2mat: expected 4 elements"),
        (lambda x: matlab.sub2ind([2, 3]), "sub2ind: expected two or more lengths and a subscript"),
        (lambda x: matlab.sub2ind([2, 3], 1, [1, 2]), "sub2ind: expected subscripts of one size"),
    ],
)
def test_what_does_not_fit_is_refused(backend: Backend, call: Callable[[Matrix], object], message: str) -> None:
    with mathcore.device(backend), pytest.raises(MathcoreError) as raised:
        call(matlab.ones(2, 3))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: matlab.sub2ind([2, 3], 3, 1),
        lambda: matlab.sub2ind([2, 3], 1.5, 1),
        lambda: matlab.sub2ind([2, 3], 1, 1, 2),
        lambda: matlab.ind2sub([2, 3], 7),
        lambda: matlab.ind2sub([2, 3], 0),
    ],
)
def test_places_outside_of_the_size_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(IndexError, match="expected .*places"):
        call()


def test_numbers_give_places_as_numbers() -> None:
    assert matlab.sub2ind([2, 3, 4], 2, 3, 1) == 6
    assert matlab.sub2ind([2, 3, 4], 2, 12) == 24
    assert matlab.ind2sub([2, 3, 4], 6) == (2, 3, 1)
