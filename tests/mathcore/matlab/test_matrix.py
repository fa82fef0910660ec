"""The Matrix: its size and class, its operators, its way to the host."""

from __future__ import annotations

import numpy as np
import pytest

import mathcore
from mathcore import matlab
from mathcore.backends.base import Backend
from mathcore.errors import DTypeError
from mathcore.matlab import Matrix


@pytest.mark.parametrize(
    ("shape", "size"), [((), (1, 1)), ((3,), (1, 3)), ((3, 1, 1), (3, 1)), ((1, 1, 2, 1), (1, 1, 2)), ((0,), (1, 0))]
)
def test_arrays_get_two_axes_and_lose_ones_at_the_end(
    backend: Backend, shape: tuple[int, ...], size: tuple[int, ...]
) -> None:
    assert Matrix(backend.zeros(shape)).array.shape == size


def test_python_numbers_are_single_and_booleans_logical(backend: Backend) -> None:
    with mathcore.device(backend):
        classes = [matlab.klass(x) for x in (3, [1, 2], [[1.5]], True, [True, False], [], np.array([1], np.int32))]
    assert classes == ["single", "single", "single", "logical", "logical", "single", "int32"]


def test_an_empty_list_is_zero_by_zero(backend: Backend) -> None:
    with mathcore.device(backend):
        assert Matrix([]).array.shape == (0, 0)


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(DTypeError, match="expected a class of single, double, logical, .*, got 'float'"):
        Matrix([1], "float")


def test_operators_are_the_functions_of_their_names(backend: Backend) -> None:
    # Given
    with mathcore.device(backend):
        a, b = Matrix([[1, 2], [3, 4]]), Matrix([[2, 2], [0, 4]])

    # When
    results = {
        "a + b": a + b, "1 - a": 1 - a, "a * b": a * b, "2 / a": 2 / a, "a ** 2": a**2, "2 ** a": 2**a,
        "a @ b": a @ b, "-a": -a, "+a": +a, "a == b": a == b, "a != b": a != b, "a < b": a < b, "a >= b": a >= b,
        "a <= 2": a <= 2, "2 < a": a > 2, "abs(-a)": abs(-a),
    }  # fmt: skip

    # Then
    host = {"a": a.numpy(), "b": b.numpy()}
    expected = {
        "a + b": host["a"] + host["b"], "1 - a": 1 - host["a"], "a * b": host["a"] * host["b"],
        "2 / a": 2 / host["a"], "a ** 2": host["a"] ** 2, "2 ** a": 2 ** host["a"], "a @ b": host["a"] @ host["b"],
        "-a": -host["a"], "+a": host["a"], "a == b": host["a"] == host["b"], "a != b": host["a"] != host["b"],
        "a < b": host["a"] < host["b"], "a >= b": host["a"] >= host["b"], "a <= 2": host["a"] <= 2,
        "2 < a": host["a"] > 2, "abs(-a)": host["a"],
    }  # fmt: skip
    for name, values in expected.items():
        np.testing.assert_allclose(results[name].numpy(), values, rtol=1e-6, err_msg=name)


def test_logical_operators_take_anything_but_zero_as_true(backend: Backend) -> None:
    with mathcore.device(backend):
        a, b = Matrix([0, 0, 2, 3]), Matrix([0, 5, 0, 7])
    assert (a & b).tolist() == [[False, False, False, True]]
    assert (a | b).tolist() == [[False, True, True, True]]
    assert (a ^ b).tolist() == [[False, True, True, False]]
    assert (~a).tolist() == [[True, True, False, False]]
    assert (1 & a).tolist() == (1 ^ ~a).tolist() == (0 | a).tolist() == (a != 0).tolist()


def test_a_matrix_beside_a_numpy_array_stays_one(backend: Backend) -> None:
    with mathcore.device(backend):
        total = np.array([1, 2], np.float32) + Matrix([10, 20])
    assert total.tolist() == [[11, 22]]


def test_sizes_meet_from_the_first_axis_on(backend: Backend) -> None:
    with mathcore.device(backend):
        total = matlab.ones(2, 3) + matlab.ones(2, 3, 4)
        column_and_row = matlab.colonvec(1, 2) + matlab.t(matlab.colonvec(10, 10, 30))
    assert total.array.shape == (2, 3, 4)
    assert column_and_row.tolist() == [[11, 12], [21, 22], [31, 32]]


def test_truth_asks_all_elements_and_there_must_be_some(backend: Backend) -> None:
    with mathcore.device(backend):
        assert Matrix([1, 2]) == Matrix([1, 2])
        assert not (Matrix([1, 2]) == Matrix([1, 3]))  # noqa: SIM201  # all equal, which is not the same as none unequal
        assert not Matrix([])


def test_a_matrix_iterates_over_columns(backend: Backend) -> None:
    with mathcore.device(backend):
        assert [column.tolist() for column in Matrix([[1, 2], [3, 4]])] == [[[1], [3]], [[2], [4]]]
        assert [column.array.shape for column in matlab.zeros(0, 2)] == [(0, 1), (0, 1)]


def test_a_matrix_of_one_element_is_a_number(backend: Backend) -> None:
    with mathcore.device(backend):
        x = Matrix(3)
    assert (int(x), float(x), x.item()) == (3, 3.0, 3.0)


def test_a_matrix_shows_its_size_and_class(backend: Backend) -> None:
    with mathcore.device(backend):
        assert repr(Matrix([[1, 2, 3]], "int32")) == "Matrix 1x3 int32\n[[1 2 3]]"


def test_a_matrix_is_a_numpy_array_where_one_is_asked_for(backend: Backend) -> None:
    with mathcore.device(backend):
        assert np.asarray(Matrix([1, 2]), np.int64).tolist() == [[1, 2]]
        assert Matrix([Matrix([1, 2]).numpy()[0], [3, 4]]).tolist() == [[1, 2], [3, 4]]
