"""Named arrays to .npz archives and back, and archives that lie."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mathcore import DTypeError, MathcoreError
from mathcore.backends.base import Backend
from mathcore.npz import loadz, savez


def archive(**members: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **members)  # type: ignore[arg-type]
    return file.getvalue()


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as packed:
        warnings.simplefilter("ignore")  # of names that come twice
        for name, content in members:
            packed.writestr(name, content)
    return file.getvalue()


def npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


ONES = npy(np.ones(3, np.float32))


def test_numpy_reads_what_is_saved(backend: Backend, tmp_path: Path) -> None:
    arrays = {"w": np.ones((2, 3), np.float32), "layer/b": np.zeros((0, 4), np.int32), "file": np.array(True)}
    savez(tmp_path / "x.npz", **{name: backend.asarray(x) for name, x in arrays.items()})
    with np.load(tmp_path / "x.npz", allow_pickle=False) as found:
        assert set(found) == set(arrays)
        for name, x in arrays.items():
            assert found[name].dtype == x.dtype
            assert np.array_equal(found[name], x)


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_what_numpy_saves_is_read(write: object, backend: Backend, tmp_path: Path) -> None:
    arrays: dict[str, np.ndarray] = {
        "b": np.arange(6, dtype=np.int32).reshape(2, 3).T,
        "a": np.array(2.5, np.float32),
        "half": np.ones(1, np.float16),
    }
    write(tmp_path / "x.npz", **arrays)  # type: ignore[operator]
    found = loadz(tmp_path / "x.npz", device=backend)
    assert list(found) == ["b", "a", "half"]
    assert [x.dtype for x in found.values()] == [np.int32, np.float32, np.float32]
    for name, x in arrays.items():
        assert np.array_equal(found[name].numpy(), x)


def test_the_same_arrays_give_the_same_bytes(backend: Backend) -> None:
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        savez(file, x=backend.asarray([1, 2, 3]), y=backend.zeros((2,)))
    assert files[0].getvalue() == files[1].getvalue()


def test_an_archive_without_arrays_is_an_empty_dict(backend: Backend) -> None:
    file = io.BytesIO()
    savez(file)
    assert loadz(file, device=backend) == {}


def test_a_dtype_converts_all_arrays(backend: Backend) -> None:
    found = loadz(io.BytesIO(archive(x=np.array([1, 2]), y=np.array([True]))), dtype="float32", device=backend)
    assert [x.dtype for x in found.values()] == [np.float32, np.float32]


def test_a_value_that_does_not_fit_is_named_with_its_array() -> None:
    with pytest.raises(DTypeError, match="loadz: big: expected values that int32 can hold, got 4294967296 at "):
        loadz(io.BytesIO(archive(big=np.array([2**32]))), device="opencl")


def test_a_limit_counts_the_unfolded_bytes() -> None:
    content = archive(x=np.zeros(100_000, np.float32))
    assert loadz(io.BytesIO(content), device="numpy", limit_bytes=500_000)["x"].size == 100_000
    with pytest.raises(MathcoreError, match="expected at most 400,000 bytes of arrays, got 400,1"):
        loadz(io.BytesIO(content), device="numpy", limit_bytes=400_000)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a .npz archive of arrays, got File is not a zip file"),
        (ONES, "got File is not a zip file"),
        (zip_of(("x.txt", b"text")), "expected members NAME.npy, each once, got 'x.txt'"),
        (zip_of((".npy", ONES)), "expected members NAME.npy, each once, got '.npy'"),
        (zip_of(("x.npy", ONES), ("x.npy", ONES)), "expected members NAME.npy, each once, got 'x.npy'"),
        (zip_of(("x.npy", ONES), method=zipfile.ZIP_BZIP2), "expected x.npy stored or deflated, got method 12"),
        (zip_of(("x.npy", ONES[:-1])), "loadz: x.npy: expected 12 bytes for float32 (3,), got 11"),
        (zip_of(("x.npy", ONES + b"x")), "loadz: x.npy: expected 12 bytes for float32 (3,), got 13"),
        (zip_of(("x.npy", b"")), "loadz: x.npy: expected 8 more bytes"),
        (archive(x=np.array([{}], object)), "Python objects"),
        (archive(x=np.array(["text"])), "text"),
        (zip_of(("x.npy", ONES))[:-10], "got File is not a zip file"),
    ],
)
def test_a_malformed_archive_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(MathcoreError) as error:
        loadz(io.BytesIO(content), device="numpy")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_member_that_claims_more_than_it_can_unfold_to_is_refused_before_it_is_read() -> None:
    # Given an archive whose directory says 4 GB where a few bytes are packed
    content = bytearray(zip_of(("x.npy", ONES), method=zipfile.ZIP_DEFLATED))
    directory = content.rindex(b"PK\x01\x02")
    struct.pack_into("<L", content, directory + 24, 0xFFFF_FFF0)
    # Then it is refused
    with pytest.raises(MathcoreError, match=r"expected x.npy to unfold from \d+ bytes, got 4,294,967,280"):
        loadz(io.BytesIO(content), device="numpy")


def test_members_that_share_their_packed_bytes_are_refused() -> None:
    # Given a directory whose second entry names the first one's bytes
    content = zip_of(("a.npy", npy(np.zeros(1000))), ("b.npy", b""))
    first, second = content.index(b"PK\x01\x02"), content.rindex(b"PK\x01\x02")
    entry = content[first : first + 46].replace(b"a.npy", b"b.npy")
    forged = content[:second] + entry + content[second + 46 :]
    # Then it is refused
    with pytest.raises(MathcoreError, match=r"^loadz: expected members of .* bytes at most, got 16,256: they overlap"):
        loadz(io.BytesIO(forged), device="numpy")


def test_a_damaged_array_fails_its_checksum() -> None:
    content = bytearray(zip_of(("x.npy", ONES)))
    content[content.index(b"\x80?")] ^= 1
    with pytest.raises(MathcoreError, match="expected a .npz archive of arrays, got Bad CRC-32 for file 'x.npy'"):
        loadz(io.BytesIO(content), device="numpy")


def test_2000_damaged_archives_are_read_or_refused_but_never_crash() -> None:
    randomness = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {"x": np.arange(20, dtype=np.float32), "y": np.zeros((2, 0), np.uint8)}
    packed, plain = archive(**arrays), io.BytesIO()
    np.savez(plain, **arrays)  # type: ignore[arg-type]
    files = [packed, plain.getvalue()]
    refused = 0
    for _ in range(2000):
        content = bytearray(files[randomness.integers(2)])
        for _ in range(randomness.integers(1, 4)):
            place = int(randomness.integers(len(content)))
            content[place : place + int(randomness.integers(3))] = randomness.bytes(int(randomness.integers(3)))
        try:
            loadz(io.BytesIO(content), device="numpy")
        except MathcoreError:
            refused += 1
    assert 1000 < refused < 2000


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_names_that_no_archive_can_hold_are_refused(name: str, backend: Backend) -> None:
    with pytest.raises(MathcoreError, match="savez: expected names of one character or more and without NUL"):
        savez(io.BytesIO(), **{name: backend.zeros(())})


def test_only_arrays_are_saved() -> None:
    with pytest.raises(MathcoreError, match="savez: x: expected an NDArray, got float"):
        savez(io.BytesIO(), x=1.0)  # type: ignore[arg-type]
