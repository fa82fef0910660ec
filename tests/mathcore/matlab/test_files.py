"""Matrices in .npy files, against NumPy."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

import mathcore
from mathcore import matlab
from mathcore.backends.base import Backend
from mathcore.matlab import Matrix


@pytest.mark.parametrize("klass", ["single", "int32", "uint8", "logical"])
def test_a_saved_matrix_reads_back_and_numpy_reads_it(backend: Backend, klass: str) -> None:
    with mathcore.device(backend):
        x = Matrix(np.arange(24, dtype=np.int32).reshape(2, 3, 4) % 7, klass)
        data = matlab.npysave(x)
        again = matlab.npyread(data)
    assert matlab.klass(again) == klass
    assert matlab.isequal(x, again)
    np.testing.assert_array_equal(np.load(io.BytesIO(data)), x.numpy())


def test_elements_are_saved_column_by_column(backend: Backend) -> None:
    with mathcore.device(backend):
        data = matlab.npysave(Matrix([[1, 2], [3, 4]], "uint8"))
    assert b"'fortran_order': True" in data
    assert data[-4:] == bytes([1, 3, 2, 4])


def test_a_file_of_numpy_is_read_by_path_and_one_axis_is_a_column(backend: Backend, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([1, 2, 3], np.float32))
    with mathcore.device(backend):
        x = matlab.npyread(tmp_path / "x.npy")
    assert x.tolist() == [[1], [2], [3]]
