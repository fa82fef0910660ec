"""IDX files: what is read, and what each kind of broken file is told."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid.datasets.idx import read_idx
from grid.errors import DataError


def idx_bytes(values: np.ndarray) -> bytes:
    lengths = np.array(values.shape, ">u4").tobytes()
    return bytes([0, 0, 8, values.ndim]) + lengths + values.tobytes()


IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GZIPPED = gzip.compress(idx_bytes(IMAGES), mtime=0)  # the same bytes in each process that collects the tests


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_values_come_back_in_shape_and_order(tmp_path: Path, pack: type[bytes]) -> None:
    path = tmp_path / "images"
    path.write_bytes(pack(idx_bytes(IMAGES)))
    np.testing.assert_array_equal(read_idx(path, axes=3), IMAGES)


@given(shape=st.tuples(st.integers(0, 5), st.integers(0, 5)), seed=st.integers(0, 99))
def test_every_shape_round_trips(tmp_path_factory: pytest.TempPathFactory, shape: tuple[int, int], seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    path = tmp_path_factory.mktemp("idx") / "values"
    path.write_bytes(idx_bytes(values))
    np.testing.assert_array_equal(read_idx(path, axes=2), values)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "got an empty file"),
        (b"\0\0", "got 00 00"),
        (b"not an idx file at all", "expected an IDX file of unsigned bytes with 3 axes"),
        (bytes([0, 0, 0x0D, 3]) + bytes(12), "got 00 00 0d 03"),
        (bytes([0, 0, 8, 1]) + bytes(4), "got 00 00 08 01"),
        (idx_bytes(IMAGES)[:9], "expected a header of 16 bytes, got 9"),
        (idx_bytes(IMAGES)[:-1], "expected 24 bytes for shape (2, 3, 4), got only 23"),
        (idx_bytes(IMAGES) + b"\0", "expected 24 bytes for shape (2, 3, 4), got more"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "expected at most 2147483648 values"),
        (GZIPPED[:-9], "expected a whole gzip file"),
        (GZIPPED[:5], "expected a whole gzip file"),
        (GZIPPED[:-8] + bytes(8), "expected a whole gzip file"),
        (GZIPPED[:12] + b"\xff" * 9, "expected a whole gzip file"),
    ],
)
def test_a_broken_file_is_told_in_one_line_that_names_it(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(path, axes=3)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert told in message
    assert "\n" not in message


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="got: No such file or directory"):
        read_idx(tmp_path / "absent", axes=1)


def test_a_small_gzip_file_that_unpacks_without_end_is_not_read_beyond_its_shape(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(idx_bytes(IMAGES) + bytes(10**7)))
    with pytest.raises(DataError, match="got more"):
        read_idx(path, axes=3)


def test_another_digest_than_the_expected_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(IMAGES))
    digest = hashlib.sha256(idx_bytes(IMAGES)).hexdigest()
    assert read_idx(path, axes=3, sha256=digest).shape == (2, 3, 4)
    path.write_bytes(idx_bytes(IMAGES[::-1]))
    with pytest.raises(DataError, match=f"expected SHA-256 {digest}"):
        read_idx(path, axes=3, sha256=digest)
