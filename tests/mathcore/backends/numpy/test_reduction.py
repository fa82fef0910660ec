"""Reductions and running sums of NumPy arrays: what devices are tested against."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.errors import DTypeError, ShapeError

BACKEND = NumpyBackend()
DTYPES = ["float32", "float64", "int32", "uint8", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_types_stay_save_those_of_places_and_truth_values(dtype: str) -> None:
    x = BACKEND.asarray(np.ones((2, 3), dtype))
    for operation in ("sum", "prod", "max", "min"):
        assert BACKEND.reduce(operation, x, 0).dtype == dtype
        assert BACKEND.reduce(operation, x, None).shape == ()
    for operation in ("argmax", "argmin"):
        assert BACKEND.reduce(operation, x, 0).dtype == np.int32
    for operation in ("any", "all"):
        assert BACKEND.reduce(operation, x, 0).dtype == np.bool_
    for operation in ("sum", "prod"):
        assert BACKEND.scan(operation, x, 1).dtype == dtype


def test_reductions_of_nothing_have_values_where_there_is_a_neutral_one() -> None:
    nothing = BACKEND.zeros((0, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert BACKEND.reduce("prod", nothing, 0).numpy().tolist() == [1, 1]
        assert BACKEND.reduce("any", nothing, None).item() is False
        assert BACKEND.reduce("all", nothing, None).item() is True
        assert np.isnan(BACKEND.reduce("mean", nothing, 0).numpy()).all()
    with pytest.raises(ShapeError, match="argmin: expected at least one element"):
        BACKEND.reduce("argmin", nothing, None)


def test_overflow_and_infinity_give_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(BACKEND.reduce("sum", BACKEND.asarray([np.inf, -np.inf]), None).item())
        assert BACKEND.scan("prod", BACKEND.asarray([1e30, 1e30]), 0).numpy()[1] == np.inf
        assert BACKEND.scan("sum", BACKEND.asarray([2**31 - 1, 1]), 0).numpy()[1] == -(2**31)


def test_running_sums_include_their_own_element() -> None:
    x = BACKEND.asarray([[1, 2], [3, 4]])
    assert BACKEND.scan("sum", x, 0).numpy().tolist() == [[1, 2], [4, 6]]
    assert BACKEND.scan("prod", x, -1).numpy().tolist() == [[1, 2], [3, 12]]
    with pytest.raises(DTypeError, match="expected one of prod, sum"):
        BACKEND.scan("max", x, 0)
    with pytest.raises(ShapeError, match="running sum: expected an axis"):
        BACKEND.scan("sum", x, 2)
