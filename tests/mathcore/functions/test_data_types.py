"""astype, on both backends; the types themselves are tested in test_dtypes.py."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import mathcore
from mathcore.backends import Backend
from mathcore.functions.data_types import astype

VALUES: dict[str, np.ndarray] = {
    "float32": np.array([0, -0.0, 1.5, -2.7, 300.2, 3e9, -3e9, np.nan, np.inf, -np.inf], np.float32),
    "int32": np.array([0, 1, -1, 255, 256, 2**31 - 1, -(2**31)], np.int32),
    "uint8": np.array([0, 1, 127, 255], np.uint8),
    "bool": np.array([True, False]),
}
OF_FLOAT: dict[str, list[float]] = {
    "int32": [0, 0, 1, -2, 300, 2**31 - 1, -(2**31), 0, 2**31 - 1, -(2**31)],
    "uint8": [0, 0, 1, 0, 255, 255, 0, 0, 255, 0],
    "bool": [False, False, True, True, True, True, True, True, True, True],
}


@pytest.mark.parametrize(("source", "target"), list(itertools.product(VALUES, VALUES)))
def test_values_in_another_type(backend: Backend, source: str, target: str) -> None:
    expected: Any = VALUES[source].astype(target) if source != "float32" or target == source else OF_FLOAT[target]
    result = astype(backend.asarray(VALUES[source]), target)
    assert result.dtype == np.dtype(target)
    np.testing.assert_array_equal(result.numpy(), expected)


def test_a_copy_is_made_unless_none_is_wanted(backend: Backend) -> None:
    x = backend.asarray([1.0])
    assert astype(x, "float32", copy=False) is x
    assert astype(x, "float32") is not x


def test_the_result_may_go_to_another_device() -> None:
    x = astype(mathcore.ones(2, device="opencl"), "uint8", device="numpy")
    assert (x.backend.name, x.dtype) == ("numpy", np.dtype("uint8"))
