"""Data sets by name, by folder, and by the files of a network's data layers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from grid import datasets
from grid.errors import DataError
from mathcore.network import Network

SHIPPED_MNIST = Path(datasets.__file__).parent / "mnist"


def write_idx(path: Path, values: np.ndarray) -> None:
    path.write_bytes(bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.tobytes())


def write_folder(folder: Path, *, separator: str = "-", train: int = 6, test: int = 3, side: int = 4) -> None:
    folder.mkdir(exist_ok=True)
    for part, count in (("train", train), ("t10k", test)):
        images = np.full((count, side, side), 51, np.uint8)
        write_idx(folder / f"{part}-images{separator}idx3-ubyte", images)
        write_idx(folder / f"{part}-labels{separator}idx1-ubyte", np.arange(count, dtype=np.uint8))


def test_mnist_has_its_sixty_and_ten_thousand_images() -> None:
    mnist = datasets.load("mnist", data_dir=Path("/nonexistent"))
    assert (mnist.name, mnist.data_shape, mnist.classes) == ("mnist", (28, 28, 1), 10)
    assert (len(mnist.train), len(mnist.test)) == (60000, 10000)


def test_mnist_labels_are_the_published_ones() -> None:
    mnist = datasets.load("mnist", data_dir=Path())
    assert mnist.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(mnist.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_a_batch_is_float32_images_from_0_to_1_and_int32_labels() -> None:
    mnist = datasets.load("mnist", data_dir=Path())
    images, labels = mnist.test.batch(np.array([3, 0, 3]))
    assert images.shape == (3, 28, 28, 1)
    assert (images.dtype.name, labels.dtype.name) == ("float32", "int32")
    assert (images.min(), images.max()) == (0.0, 1.0)
    assert labels.tolist() == [0, 7, 0]
    np.testing.assert_array_equal(images[0], images[2])
    assert images.flags.c_contiguous


def test_an_index_outside_the_split_is_refused() -> None:
    mnist = datasets.load("mnist", data_dir=Path())
    with pytest.raises(IndexError):
        mnist.test.batch(np.array([10000]))


@pytest.mark.parametrize("separator", ["-", "."])
def test_a_folder_of_idx_files_under_either_spelling_is_a_data_set(tmp_path: Path, separator: str) -> None:
    write_folder(tmp_path / "digits", separator=separator)
    digits = datasets.load("digits", data_dir=tmp_path)
    assert (digits.name, digits.data_shape, digits.classes) == ("digits", (4, 4, 1), 6)
    assert (len(digits.train), len(digits.test)) == (6, 3)
    assert digits.train.batch(np.array([1]))[0].max() == np.float32(0.2)


def test_a_folder_may_be_named_by_an_absolute_path(tmp_path: Path) -> None:
    write_folder(tmp_path / "digits")
    assert len(datasets.load(str(tmp_path / "digits"), data_dir=Path("/nonexistent")).train) == 6


def test_a_missing_data_set_is_told_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected mnist or a folder of IDX files, got no folder .*nmist"):
        datasets.load("nmist", data_dir=tmp_path)


def test_a_missing_file_is_told_by_name(tmp_path: Path) -> None:
    write_folder(tmp_path / "digits")
    (tmp_path / "digits" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="expected a file t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz"):
        datasets.load("digits", data_dir=tmp_path)


def test_labels_of_another_number_than_the_images_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "digits")
    write_idx(tmp_path / "digits" / "train-labels-idx1-ubyte", np.zeros(5, np.uint8))
    with pytest.raises(DataError, match=r"as many train labels as images \(6\), got 5"):
        datasets.load("digits", data_dir=tmp_path)


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "digits", test=0)
    with pytest.raises(DataError, match="at least one t10k image"):
        datasets.load("digits", data_dir=tmp_path)


def test_test_images_of_another_shape_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "digits")
    write_idx(tmp_path / "digits" / "t10k-images-idx3-ubyte", np.zeros((3, 5, 4), np.uint8))
    with pytest.raises(DataError, match=r"shape \(4, 4, 1\), got \(5, 4, 1\)"):
        datasets.load("digits", data_dir=tmp_path)


def test_a_shipped_file_with_one_changed_pixel_is_refused(tmp_path: Path) -> None:
    # Given a copy of the shipped folder, in which one pixel of a test image is another
    for path in SHIPPED_MNIST.iterdir():
        (tmp_path / path.name).symlink_to(path)
    changed = bytearray(gzip.decompress((SHIPPED_MNIST / "t10k-images-idx3-ubyte.gz").read_bytes()))
    changed[1000] ^= 1
    (tmp_path / "t10k-images-idx3-ubyte.gz").unlink()
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(changed), compresslevel=1))
    # When it is loaded # Then the checksum gives it away
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte.gz: expected SHA-256 0fa7898d"):
        datasets.load(str(tmp_path), data_dir=Path())


def write_blobs(folder: Path) -> np.ndarray:
    """Write four uint8 records of shape (H, W, C) = (3, 2, 1) as Sukiyaki2 does, and return them."""
    images = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2, 1)
    for prefix in ("digits_train", "digits_test"):
        (folder / f"{prefix}.bin").write_bytes(images.transpose(0, 3, 2, 1).tobytes())
        (folder / f"{prefix}.json").write_text(json.dumps([0, 2, 1, 0]))
    return images


def blob_network(**params: object) -> Network:
    data: list[dict[str, object]] = [
        {
            "name": f"d_{phase}", "type": "blob_data", "inputs": ["batch"], "outputs": ["data", "label"],
            "params": {"data_shape": [3, 2, 1], "data_klass": "uint8", "file_prefix": f"digits_{phase}", **params},
            "phase": [phase],
        }
        for phase in ("train", "test")
    ]
    return Network([
        *data,
        {"name": "fc", "type": "linear", "inputs": ["data"], "outputs": ["pred"], "params": {"out_size": 3}},
        {"name": "loss", "type": "softmax_cross_entropy", "inputs": ["pred", "label"], "outputs": ["loss"]},
        {"name": "acc", "type": "accuracy", "inputs": ["pred", "label"], "outputs": ["accuracy"], "phase": ["test"]},
    ])


def test_a_job_without_data_reads_the_files_that_the_data_layers_name(tmp_path: Path) -> None:
    images = write_blobs(tmp_path)
    data = datasets.load_for_job("", blob_network(), data_dir=tmp_path)
    assert (data.name, data.data_shape, data.classes) == ("digits_train", (3, 2, 1), 3)
    np.testing.assert_array_equal(data.test.batch(np.arange(4))[0], images.astype(np.float32) / np.float32(255))


def test_a_job_with_data_does_not_read_the_files_that_the_data_layers_name(tmp_path: Path) -> None:
    write_folder(tmp_path / "digits")
    assert datasets.load_for_job("digits", blob_network(), data_dir=tmp_path).name == "digits"
