"""NDArray: operators, shapes and errors, on both backends against NumPy."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import backends
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import DeviceError, DTypeError

A = np.arange(1, 13, dtype=np.float32).reshape(3, 4) / 4
B = np.array([[2], [0.5], [-3]], np.float32)


@pytest.fixture(scope="module", params=["numpy", "opencl"])
def backend(request: pytest.FixtureRequest) -> Backend:
    return backends.create(request.param)


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_arithmetic_broadcasts_arrays_and_takes_scalars_on_either_side(
    backend: Backend, operation: Callable[[Any, Any], Any]
) -> None:
    a, b = backend.asarray(A), backend.asarray(B)
    np.testing.assert_allclose(operation(a, b).numpy(), operation(A, B), rtol=1e-6)
    np.testing.assert_allclose(operation(a, 3).numpy(), operation(A, np.float32(3)), rtol=1e-6)
    np.testing.assert_allclose(operation(0.5, a).numpy(), operation(np.float32(0.5), A), rtol=1e-6)


def test_comparisons_give_bool(backend: Backend) -> None:
    less = backend.asarray(A) < 1.5
    assert less.dtype == np.bool_
    np.testing.assert_array_equal(less.numpy(), A < 1.5)
    np.testing.assert_array_equal((backend.asarray(A) <= 1.5).numpy(), A <= 1.5)


def test_negative_power_and_matrix_product(backend: Backend) -> None:
    a = backend.asarray(A)
    np.testing.assert_array_equal((-a).numpy(), -A)
    np.testing.assert_allclose((a**2).numpy(), A**2, rtol=1e-6)
    np.testing.assert_allclose((a @ a.T).numpy(), A @ A.T, rtol=1e-6)


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "argmax"])
def test_reductions(backend: Backend, name: str, axis: int | None) -> None:
    result = getattr(backend.asarray(A), name)(axis)
    np.testing.assert_allclose(result.numpy(), getattr(A, name)(axis), rtol=1e-6)


def test_reshape_shares_memory_and_fills_in_one_length(backend: Backend) -> None:
    a = backend.zeros((3, 4))
    flat = a.reshape(-1)
    assert flat.shape == (12,)
    backend.write(flat, A.reshape(-1))
    np.testing.assert_array_equal(a.numpy(), A)


def test_shape_questions(backend: Backend) -> None:
    a = backend.asarray(A)
    assert (a.ndim, a.size, len(a), a.T.shape) == (2, 12, 3, (4, 3))
    assert backend.asarray(2.5).item() == 2.5
    assert "NDArray(" in repr(a)
    with pytest.raises(TypeError):
        len(backend.asarray(1.0))


def test_a_fraction_beside_whole_numbers_is_refused_rather_than_cut_off(backend: Backend) -> None:
    whole = backend.asarray(np.array([1, 2], np.int32))
    np.testing.assert_array_equal((whole + 2).numpy(), [3, 4])
    with pytest.raises(DTypeError, match=r"expected a whole number beside int32, got 2\.5"):
        whole + 2.5


def test_arrays_of_two_devices_do_not_mix(backend: Backend) -> None:
    other: NDArray = backends.create("numpy").asarray(A)
    with pytest.raises(DeviceError, match=r"copy it over with backend\.asarray"):
        backend.asarray(A) + other
