"""The blob files of Sukiyaki2."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from grid.datasets import Split, load_blob
from grid.errors import DataError


def load(folder: Path, *, data_shape: tuple[int, ...] = (3, 2, 2), data_klass: str = "single") -> Split:
    return load_blob("digits", data_shape=data_shape, data_klass=data_klass, data_dir=folder)


def write(folder: Path, images: np.ndarray, labels: object) -> None:
    (folder / "digits.bin").write_bytes(images.tobytes())
    (folder / "digits.json").write_text(json.dumps(labels))


def test_a_record_is_height_width_channels_in_fortran_order(tmp_path: Path) -> None:
    # Given two records whose values count up in file order
    write(tmp_path, np.arange(24, dtype="<f4"), [4, 7])
    # When the second is read
    images, labels = load(tmp_path).batch(np.array([1]))
    # Then the row runs fastest, then the column, then the channel
    assert images.shape == (1, 3, 2, 2)
    assert images[0, :, 0, 0].tolist() == [12, 13, 14]
    assert images[0, 0, :, 0].tolist() == [12, 15]
    assert images[0, 0, 0, :].tolist() == [12, 18]
    assert labels.tolist() == [7]


def test_single_values_come_as_they_are_stored(tmp_path: Path) -> None:
    values = np.array([-3.5, 1e10, 0.25] * 4, "<f4")
    write(tmp_path, values, [0])
    assert sorted(set(load(tmp_path).batch(np.array([0]))[0].ravel().tolist())) == [-3.5, 0.25, 1e10]


def test_examples_may_be_plain_vectors(tmp_path: Path) -> None:
    write(tmp_path, np.arange(6, dtype="<f4"), [0, 1])
    images, _ = load(tmp_path, data_shape=(3,)).batch(np.array([1]))
    assert images.tolist() == [[3, 4, 5]]


def test_uint8_values_become_0_to_1(tmp_path: Path) -> None:
    write(tmp_path, np.array([0, 255, 51] * 4, np.uint8), [0])
    images, _ = load(tmp_path, data_klass="uint8").batch(np.array([0]))
    assert sorted(set(images.ravel().tolist())) == [0.0, float(np.float32(0.2)), 1.0]


def test_a_file_of_another_size_is_told_with_the_arithmetic(tmp_path: Path) -> None:
    write(tmp_path, np.zeros(24, "<f4"), [0, 1, 2])
    with pytest.raises(DataError, match=r"expected 3 labels x 3 x 2 x 2 x 4 = 144 bytes, got 96"):
        load(tmp_path)


@pytest.mark.parametrize("labels", [{}, [], "12", [1, -1], [1, 2.0], [True, 0], [2**31], [None]])
def test_labels_that_are_no_class_indices_are_refused(tmp_path: Path, labels: object) -> None:
    write(tmp_path, np.zeros(24, "<f4"), labels)
    with pytest.raises(DataError, match=r"digits.json: expected"):
        load(tmp_path)


def test_labels_that_are_no_json_are_refused(tmp_path: Path) -> None:
    write(tmp_path, np.zeros(24, "<f4"), [])
    (tmp_path / "digits.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match="expected a JSON array of labels"):
        load(tmp_path)


@pytest.mark.parametrize("missing", ["digits.bin", "digits.json"])
def test_a_missing_file_is_told_by_name(tmp_path: Path, missing: str) -> None:
    write(tmp_path, np.zeros(24, "<f4"), [0, 1])
    (tmp_path / missing).unlink()
    with pytest.raises(DataError, match=f"{missing}: expected a readable file, got: No such file"):
        load(tmp_path)


def test_an_unknown_element_type_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected data_klass uint8 or single, got 'double'"):
        load(tmp_path, data_klass="double")
