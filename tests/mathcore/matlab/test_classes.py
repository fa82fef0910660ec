"""The classes of results, and whole numbers where they are not MATLAB's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mathcore
from mathcore import matlab
from mathcore.backends.base import Backend
from mathcore.matlab import Matrix

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
WHOLE = st.integers(INT_MIN, INT_MAX) | st.sampled_from([0, 1, -1, INT_MIN, INT_MAX])


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ("single", "int32", "single"),
        ("int32", "uint8", "int32"),
        ("uint8", "logical", "uint8"),
        ("logical", "logical", "single"),
        ("int32", "logical", "int32"),
    ],
)
def test_arithmetic_gives_the_class_in_which_the_arrays_meet(
    backend: Backend, first: str, second: str, result: str
) -> None:
    with mathcore.device(backend):
        a, b = matlab.ones(2, 2, first), matlab.ones(2, 2, second)
        found = {matlab.klass(f(a, b)) for f in (matlab.plus, matlab.rdivide)}
    assert found == {result}


@pytest.mark.parametrize(
    ("number", "expected"), [(2, [6, -14]), (0.5, [1, -3]), (2.5, [7, -17]), (2**31, [INT_MAX, INT_MIN])]
)
def test_a_number_does_not_change_the_class_beside_it(
    backend: Backend, number: float, expected: list[int]
) -> None:
    with mathcore.device(backend):
        product = matlab.times(Matrix([3, -7], "int32"), number)
    assert matlab.klass(product) == "int32"
    assert product.tolist() == [expected]


def test_a_number_that_the_class_cannot_hold_is_compared_as_it_is(backend: Backend) -> None:
    with mathcore.device(backend):
        x = Matrix([0, 2, 255], "uint8")
    assert (x < 300).tolist() == [[True, True, True]]
    assert (x > 1.5).tolist() == [[False, True, True]]
    assert (x == -1).tolist() == [[False, False, False]]
    assert matlab.max(x, 1.5).tolist() == [[1, 2, 255]]


@settings(deadline=None, max_examples=20)
@given(values=st.lists(st.tuples(WHOLE, WHOLE), min_size=1, max_size=40))
def test_dividing_whole_numbers_cuts_towards_zero(backend: Backend, values: list[tuple[int, int]]) -> None:
    # Given
    a, b = (np.array(column, np.int32) for column in zip(*values, strict=True))

    # When
    quotient = matlab.rdivide(Matrix(backend.asarray(a)), Matrix(backend.asarray(b)))

    # Then
    exact = [0 if q == 0 else abs(p) // abs(q) * (1 if (p < 0) == (q < 0) else -1) for p, q in values]
    wrapped = [INT_MIN if value == 2**31 else value for value in exact]
    assert quotient.tolist() == [wrapped]
    assert matlab.ldivide(Matrix(backend.asarray(b)), Matrix(backend.asarray(a))).tolist() == [wrapped]


def test_whole_numbers_wrap(backend: Backend) -> None:
    with mathcore.device(backend):
        assert (Matrix([250], "uint8") + Matrix([10], "uint8")).tolist() == [[4]]
        assert (-Matrix([1], "uint8")).tolist() == [[255]]
        assert (Matrix([INT_MAX], "int32") + 1).tolist() == [[INT_MIN]]


def test_sums_of_uint8_and_logical_are_int32(backend: Backend) -> None:
    with mathcore.device(backend):
        bytes_, flags = matlab.sum(matlab.ones(300, 1, "uint8")), matlab.sum(matlab.ones(300, 1, "logical"))
    assert (bytes_.item(), flags.item()) == (300, 300)
    assert matlab.klass(bytes_) == matlab.klass(flags) == "int32"


def test_statistics_of_whole_numbers_are_single(backend: Backend) -> None:
    with mathcore.device(backend):
        x = Matrix([1, 2, 4, 5], "int32")
        found = [matlab.mean(x), matlab.variance(x), matlab.std(x, 1)]
    assert {matlab.klass(one) for one in found} == {"single"}
    np.testing.assert_allclose([one.item() for one in found], [3, 10 / 3, np.sqrt(2.5)], rtol=1e-6)


def test_nan_wins_and_its_first_place_is_given(backend: Backend) -> None:
    with mathcore.device(backend):
        values, places = matlab.argmax(Matrix([1, float("nan"), 7, float("nan")]))
    assert np.isnan(values.item())
    assert places.item() == 2


def test_reductions_without_elements_have_the_sizes_that_matlab_documents(backend: Backend) -> None:
    with mathcore.device(backend):
        nothing, no_rows = matlab.zeros(0), matlab.zeros(0, 3)
        sums = [matlab.sum(nothing), matlab.sum(nothing, 1), matlab.sum(no_rows), matlab.sum(no_rows, 2)]
        largest = [matlab.max(nothing), matlab.max(no_rows), matlab.max(no_rows, None, 2), matlab.max(no_rows, [], 3)]
        means = matlab.mean(no_rows)
    assert [x.array.shape for x in sums] == [(1, 1), (1, 0), (1, 3), (0, 1)]
    assert [x.array.shape for x in largest] == [(0, 0), (0, 3), (0, 1), (0, 3)]
    assert np.isnan(means.numpy()).all()
    assert means.array.shape == (1, 3)
