"""MATLAB's indices where Octave has no say: how they are written here, what is refused, what is shared and copied."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mathcore
from mathcore import matlab
from mathcore.backends.base import Backend
from mathcore.errors import ShapeError
from mathcore.matlab import Colon, Matrix, colon, end


@pytest.fixture
def x(backend: Backend) -> Matrix:
    """Return 10 to 90 in three columns, down each column first."""
    return Matrix(backend.asarray(np.arange(10, 100, 10, dtype=np.float32).reshape(3, 3).T))


def test_places_count_from_one(x: Matrix) -> None:
    assert x[2, 3].tolist() == [[80]]
    assert x.get(2, 3) == 80
    assert x.get() == x.get(np.int64(1), np.float32(1)) == 10


def test_one_index_runs_down_the_columns(x: Matrix) -> None:
    assert x.get(5) == 50
    assert x[[2, 4]].tolist() == [[20, 40]]


def test_end_is_the_last_place_and_takes_arithmetic(x: Matrix) -> None:
    assert x.get(end, 1) == 30
    assert x.get(end) == 90
    assert x.get(end - 1, (end + 1) / 2) == 50
    assert x.get(end // 2, 4 - end) == 10
    assert x[1 : end / 2, 1].tolist() == [[10]]
    assert x.get(2 * end - 4, 0 + end * 1) == 80


def test_brackets_read_colons_as_matlab_does(x: Matrix) -> None:
    assert x[1:2:end, 1].tolist() == [[10], [30]]
    assert x[end:-1:1, 1].tolist() == [[30], [20], [10]]
    assert x[2:3, 1].tolist() == x.get(colon(2, 3), 1).tolist()
    assert x[:, 1].tolist() == x.get(colon(), 1).tolist()


def test_the_colon_alone_makes_a_column_of_a_row(x: Matrix) -> None:
    assert x[1, :][:].array.shape == (3, 1)
    assert x[:].numpy().ravel().tolist() == list(range(10, 100, 10))


def test_a_range_may_be_written_as_text() -> None:
    # Given
    row = matlab.colonvec(1, 9)

    # When
    found = [row[Colon.fromstring(text)].numpy().ravel().tolist() for text in ("2:end-5", "end:-4:1", ":", "1:3:end")]

    # Then
    assert found == [[2, 3, 4], [9, 5, 1], list(range(1, 10)), [1, 4, 7]]


@pytest.mark.parametrize("text", ["", "1", "1:2:3:4", "1:x", "end*2:3"])
def test_a_text_that_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(IndexError, match="colon: expected a text such as 2:end"):
        Colon.fromstring(text)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ((4, 1), "index 1 of 2 into 3x3: expected a whole place of 1 to 3, got 4"),
        ((1, 0), "index 2 of 2 into 3x3: expected a whole place of 1 to 3, got 0"),
        ((-1,), "index 1 of 1 into 3x3: expected a whole place of 1 to 9, got -1; end - 1 counts from the end"),
        ((1.5,), "expected a whole place of 1 to 9, got 1.5"),
        ((float("inf"),), "expected a whole place of 1 to 9, got inf"),
        ((end + 1,), "expected a whole place of 1 to 9, got 10"),
        ((end / 2,), "expected a whole place of 1 to 9, got 4.5"),
        ((slice(2, None),), "expected both ends of a range as in MATLAB, got 2::; write 2:end"),
        ((colon(0, 2), 1), "expected a whole place of 1 to 3, got 0"),
        ((colon(1, 0.5, 2), 1), "expected whole places"),
        ((colon(1, end - 3, 2), 1), "expected finite numbers and a step other than 0"),
        (([1, 10],), "expected whole places of 1 to 9, got a matrix from 1 to 10"),
        (([1.5],), "expected whole places of 1 to 9, got a matrix from 1.5 to 1.5"),
        (([2.0**32 + 1],), "expected whole places of 1 to 9"),
        (([True] * 10,), "expected a mask of 9 elements, got one that is true at 10"),
        (("1",), "expected a number, end, a range, places or a mask, got '1'"),
        ((), "expected at least one index, got none"),
        ((1, 1, 2), "index 3 of 3 into 3x3: expected a whole place of 1 to 1, got 2"),
    ],
)
def test_an_index_that_is_not_there_is_refused(x: Matrix, index: tuple[Any, ...], message: str) -> None:
    with pytest.raises(IndexError) as raised:
        x[index]
    assert message in str(raised.value)
    with pytest.raises(IndexError):
        x[index] = 1


@pytest.mark.parametrize("arguments", [(1,), (1, 0, 5)])
def test_a_colon_of_one_number_or_no_step_is_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(IndexError, match="colon: expected"):
        colon(*arguments)


def test_places_may_come_in_any_class_and_container(x: Matrix) -> None:
    device = x.array.device
    for places in (
        [1, 9],
        np.array([1, 9]),
        np.array([1.0, 9.0]),
        mathcore.asarray([1, 9], device=device),
        mathcore.asarray([1, 9], dtype=mathcore.uint8, device=device),
        mathcore.asarray([1.0, 9.0], device=device),
        Matrix([1, 9], like=x),
    ):
        assert x[places].tolist() == [[10, 90]]


def test_uint8_places_reach_behind_place_255(backend: Backend) -> None:
    x = Matrix(backend.asarray(np.arange(400, dtype=np.float32)))
    assert x[Matrix([200, 255], "uint8", like=x)].tolist() == [[199, 254]]


def test_an_empty_list_selects_nothing(x: Matrix) -> None:
    assert x[[]].array.shape == (0, 0)
    assert x[[], 1].array.shape == (0, 1)


def test_a_boolean_is_a_mask_of_one_element(x: Matrix) -> None:
    assert x[True].tolist() == [[10]]
    assert x[False].array.shape == x.get(False).array.shape == (0, 0)


def test_what_is_read_is_a_copy(x: Matrix) -> None:
    for index in ((colon(), 1), (colon(),), (5,), ([1, 2],)):
        part = x[index]
        part[1] = -1
        assert x.numpy().min() == 10
    whole = Matrix(matlab.colonvec(1, 3))
    copy = whole[:]
    copy[1] = 7
    assert whole.get(1) == 1


def test_writing_reaches_the_array_that_was_wrapped(backend: Backend) -> None:
    # Given
    array = backend.zeros((4,), np.float32)

    # When
    Matrix(array)[end] = 5
    Matrix(array).set(1, 1, 3)

    # Then
    assert array.numpy().tolist() == [3, 0, 0, 5]


def test_where_places_repeat_the_last_value_counts(x: Matrix) -> None:
    x[[1, 1, 1], 1] = [1, 2, 3]
    x[[4, 4, 5]] = [7, 8, 9]
    assert x[:].numpy().ravel().tolist()[:5] == [3, 20, 30, 8, 9]


def test_values_fit_if_their_sizes_agree_without_ones(x: Matrix) -> None:
    x[1, :] = matlab.t(Matrix([1, 2, 3], like=x))
    x[:, 1] = [4, 5, 6]
    x[2:3, 2:3] = matlab.reshape(Matrix([7, 8, 9, 10], like=x), 2, 2)
    assert x.tolist() == [[4, 2, 3], [5, 7, 9], [6, 8, 10]]


@pytest.mark.parametrize(
    ("index", "values"),
    [((colon(), 1), [1, 2]), ((colon(1, 2), colon()), [[1, 2], [3, 4], [5, 6]]), ((colon(),), [1, 2]), ((1,), [])],
)
def test_values_that_do_not_fit_are_refused(x: Matrix, index: tuple[Any, ...], values: Any) -> None:
    with pytest.raises(ShapeError, match="set: expected one value or values of size .*; elements cannot be deleted"):
        x[index] = values


def test_arrays_do_not_grow(x: Matrix) -> None:
    with pytest.raises(IndexError):
        x[4, 1] = 1
    assert x.array.shape == (3, 3)


@pytest.mark.parametrize(
    ("klass", "value", "stored"),
    [
        ("int32", 2.7, 2),
        ("int32", -2.7, -2),
        ("int32", 2**31 - 1, 2**31 - 1),
        ("uint8", 300, 44),
        ("uint8", 300.5, 255),
        ("logical", 0.5, 1),
        ("logical", 0, 0),
        ("single", True, 1),
    ],
)
def test_values_are_converted_to_the_class_of_the_matrix(
    backend: Backend, klass: str, value: float, stored: float
) -> None:
    with mathcore.device(backend):
        x = matlab.zeros(2, 2, klass)
        x[2, 2] = value
    assert x.get(2, 2) == stored
    assert matlab.klass(x) == klass


def test_fewer_indices_than_axes_count_through_those_left(backend: Backend) -> None:
    # Given
    host = np.arange(24, dtype=np.int32).reshape(2, 3, 4)
    x = Matrix(backend.asarray(host))

    # When
    found = x[2, [1, 4, 12]].tolist()
    x[1, end] = -1

    # Then
    assert found == [[host[1, 0, 0], host[1, 0, 1], host[1, 2, 3]]]
    assert x.get(1, 3, 4) == -1
