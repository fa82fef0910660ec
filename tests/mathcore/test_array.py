"""NDArray: attributes, conversions to the host, methods and errors, on both backends."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import mathcore
from mathcore.backends import Backend
from mathcore.errors import FreedError, ShapeError

A = np.arange(1, 13, dtype=np.float32).reshape(3, 4) / 4


def test_attributes(backend: Backend) -> None:
    a = backend.asarray(A)
    assert (a.ndim, a.size, a.shape, a.dtype, len(a)) == (2, 12, (3, 4), np.dtype(np.float32), 3)
    assert a.device == mathcore.device(backend)
    np.testing.assert_array_equal(a.T.numpy(), A.T)
    np.testing.assert_array_equal(a.reshape(1, 3, 4).mT.numpy(), A.T[None])
    with pytest.raises(ShapeError, match="T: expected a matrix"):
        _ = a.reshape(12).T


def test_values_on_the_host(backend: Backend) -> None:
    a = backend.asarray(A)
    np.testing.assert_array_equal(np.asarray(a), A)
    np.testing.assert_array_equal(np.from_dlpack(a), A)
    assert a.tolist() == A.tolist()
    assert [row.tolist() for row in a] == A.tolist()


@pytest.mark.parametrize(("convert", "value"), [(float, 2.5), (int, 7), (bool, True), (complex, 2.5)])
def test_one_element_becomes_a_python_number(backend: Backend, convert: Any, value: Any) -> None:
    assert convert(backend.asarray(value)) == convert(value)
    assert backend.asarray([value]).item() == value


def test_more_elements_do_not(backend: Backend) -> None:
    for convert in (float, int, bool, complex):
        with pytest.raises(ShapeError, match=r"expected an array of one element, got shape \(3, 4\)"):
            convert(backend.asarray(A))


def test_a_whole_number_is_an_index(backend: Backend) -> None:
    assert "abc"[backend.asarray(1)] == "b"
    for value in (1.0, [1]):
        with pytest.raises(TypeError, match="expected a whole number without axes"):
            "abc"[backend.asarray(value)]


def test_reshape_shares_memory_and_fills_in_one_length(backend: Backend) -> None:
    a = backend.zeros((3, 4))
    flat = a.reshape(-1)
    assert flat.shape == (12,)
    assert a.reshape((2, 6)).shape == (2, 6)
    backend.write(flat, A.reshape(-1))
    np.testing.assert_array_equal(a.numpy(), A)


@pytest.mark.parametrize("shape", [(5,), (-1, 5), (-1, -1), (3, -4)])
def test_reshape_refuses_other_sizes(backend: Backend, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="reshape"):
        backend.asarray(A).reshape(*shape)


def test_copies_have_memory_of_their_own(backend: Backend) -> None:
    a = backend.asarray(A)
    for other in (a.copy(), copy.copy(a), copy.deepcopy(a)):
        other[0, 0] = 99
    np.testing.assert_array_equal(a.numpy(), A)


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "argmax"])
def test_reductions_as_methods(backend: Backend, name: str, axis: int | None) -> None:
    result = getattr(backend.asarray(A), name)(axis)
    np.testing.assert_allclose(result.numpy(), getattr(A, name)(axis), rtol=1e-6)


def test_an_array_without_axes_has_no_length(backend: Backend) -> None:
    with pytest.raises(TypeError, match="without axes"):
        len(backend.asarray(1.0))
    with pytest.raises(TypeError, match="without axes"):
        iter(backend.asarray(1.0))


def test_it_shows_its_values_type_and_device(backend: Backend) -> None:
    assert repr(backend.asarray([[1, 2], [3, 4]])) == (
        f"NDArray([[1, 2],\n         [3, 4]], dtype=int32, device={backend.name!r})"
    )
    assert "..." in repr(backend.zeros((10_000,)))


def test_a_freed_array_says_so(backend: Backend) -> None:
    a = backend.asarray(A)
    shared = a.reshape(-1)
    a.free()
    a.free()
    assert a.freed
    assert repr(a) == "NDArray(freed, shape=(3, 4), dtype=float32)"
    with pytest.raises(FreedError, match=r"got one of shape \(3, 4\), float32, that was freed"):
        a + 1
    np.testing.assert_array_equal(shared.numpy(), A.reshape(-1))


def test_an_unknown_attribute_points_to_the_functions(backend: Backend) -> None:
    with pytest.raises(AttributeError, match="no attribute 'flatten'; functions of arrays are in mathcore"):
        backend.asarray(A).flatten()
