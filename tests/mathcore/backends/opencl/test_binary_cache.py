"""Compiled programs on disk: found again, and a damaged or unwritable cache costs nothing but time."""

from __future__ import annotations

from pathlib import Path

from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.binary_cache import BinaryCache


def test_what_was_written_is_read_under_the_same_key_only(tmp_path: Path) -> None:
    cache = BinaryCache(tmp_path / "new" / "folder")
    cache.write(b"binary", "driver", "source")
    assert cache.read("driver", "source") == b"binary"
    assert cache.read("driver", "other source") is None


def test_nothing_but_finished_files_is_left_behind(tmp_path: Path) -> None:
    BinaryCache(tmp_path).write(b"binary", "key")
    assert [path.suffix for path in tmp_path.iterdir()] == [".bin"]


def test_a_damaged_entry_counts_as_absent(tmp_path: Path) -> None:
    cache = BinaryCache(tmp_path)
    cache.write(b"binary", "key")
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"X")
    assert cache.read("key") is None
    file.write_bytes(b"")
    assert cache.read("key") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = BinaryCache(tmp_path / "file" / "folder")
    cache.write(b"binary", "key")
    assert cache.read("key") is None


def test_a_second_backend_computes_the_same_from_cached_and_from_damaged_programs(tmp_path: Path) -> None:
    first = OpenCLBackend(cache_dir=tmp_path)
    wanted = first.relu(first.asarray([-1.0, 2.0])).numpy()
    (file,) = tmp_path.glob("*.bin")

    cached = OpenCLBackend(cache_dir=tmp_path)
    assert cached.relu(cached.asarray([-1.0, 2.0])).numpy().tobytes() == wanted.tobytes()

    file.write_bytes(b"\0" * 100)
    rebuilt = OpenCLBackend(cache_dir=tmp_path)
    assert rebuilt.relu(rebuilt.asarray([-1.0, 2.0])).numpy().tobytes() == wanted.tobytes()
    assert len(file.read_bytes()) > 100
