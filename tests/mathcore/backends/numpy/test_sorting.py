"""Sorting and searching of NumPy arrays: what devices are tested against."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend

BACKEND = NumpyBackend()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "int32", "int64", "uint8", "uint16", "uint64", "bool"])
def test_every_type_is_sorted_both_ways(dtype: str) -> None:
    values = np.random.default_rng(0).integers(0, 5, (3, 40)).astype(dtype)
    x = BACKEND.asarray(values)
    assert np.array_equal(BACKEND.sort(x).numpy(), np.sort(values))
    assert np.array_equal(BACKEND.sort(x, descending=True).numpy(), np.sort(values)[:, ::-1])
    assert BACKEND.sort(x).dtype == dtype
    assert BACKEND.argsort(x).dtype == np.int32


def test_equal_elements_keep_their_order_both_ways() -> None:
    x = BACKEND.asarray([1.0, np.nan, 2.0, 1.0, np.nan, -0.0, 0.0])
    assert BACKEND.argsort(x).numpy().tolist() == [5, 6, 0, 3, 2, 1, 4]
    assert BACKEND.argsort(x, descending=True).numpy().tolist() == [1, 4, 2, 0, 3, 5, 6]
    assert np.signbit(BACKEND.sort(x).numpy()[:2]).tolist() == [True, False]


def test_arrays_without_axes_are_sorted() -> None:
    x = BACKEND.asarray(3.0)
    assert BACKEND.sort(x, descending=True).item() == 3
    assert BACKEND.argsort(x).shape == ()


def test_places_are_before_or_behind_equal_elements() -> None:
    ordered, values = BACKEND.asarray([1.0, 2.0, 2.0, np.nan]), BACKEND.asarray([[2.0, np.nan], [0.0, 9.0]])
    assert BACKEND.searchsorted(ordered, values).numpy().tolist() == [[1, 3], [0, 3]]
    assert BACKEND.searchsorted(ordered, values, side="right").numpy().tolist() == [[3, 4], [0, 3]]
