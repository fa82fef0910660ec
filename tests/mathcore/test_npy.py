"""Arrays to .npy files and back: NumPy's own files, and files written out byte by byte."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mathcore import DTypeError, MathcoreError
from mathcore.backends.base import Backend
from mathcore.npy import load, save
from tests.mathcore.npy_files import BIG_ENDIAN, FORTRAN, VERSION_1, VERSION_2, VERSION_3, loaded


@pytest.mark.parametrize("content", [VERSION_1, VERSION_2, VERSION_3])
def test_a_file_of_each_version_is_read(content: bytes, backend: Backend) -> None:
    x = loaded(content, backend)
    assert x.dtype == np.float32
    assert np.array_equal(x, np.arange(6, dtype=np.float32).reshape(2, 3))


def test_saving_writes_version_1_byte_for_byte(backend: Backend) -> None:
    file = io.BytesIO()
    save(file, backend.asarray(np.arange(6, dtype=np.float32).reshape(2, 3)))
    assert file.getvalue() == VERSION_1


def test_fortran_order_becomes_c_order(backend: Backend) -> None:
    x = loaded(FORTRAN, backend)
    assert x.flags.c_contiguous
    assert np.array_equal(x, [[0, 3], [1, 4], [2, 5]])


def test_big_endian_elements_become_this_machines(backend: Backend) -> None:
    assert np.array_equal(loaded(BIG_ENDIAN, backend), [258, -2])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (1,), (0,), (5,), (3, 4), (2, 0, 3), (2, 3, 5)])
def test_numpy_reads_what_is_saved_and_the_other_way_round(
    shape: tuple[int, ...], dtype: str, order: str, backend: Backend, tmp_path: Path
) -> None:
    values = (np.random.default_rng(1).random(shape) * 100).astype(dtype)
    save(tmp_path / "ours.npy", backend.asarray(values), order=order)
    theirs = np.load(tmp_path / "ours.npy", allow_pickle=False)
    assert theirs.dtype == values.dtype
    assert np.array_equal(theirs, values)
    np.save(tmp_path / "numpy.npy", np.asarray(values, order=order))  # type: ignore[call-overload]
    ours = load(tmp_path / "numpy.npy", device=backend)
    assert ours.dtype == values.dtype
    assert ours.shape == values.shape
    assert np.array_equal(ours.numpy(), values)


@settings(deadline=None, max_examples=60)
@given(
    x=hnp.arrays(st.sampled_from(["f2", "f4", "f8", "i1", "i4", "u2", "u8", "?"]), hnp.array_shapes(min_dims=0)),
    order=st.sampled_from("CF"),
    swapped=st.booleans(),
)
def test_numpy_files_of_any_shape_and_byte_order_are_read(x: np.ndarray, order: str, swapped: bool) -> None:
    stored = x.astype(x.dtype.newbyteorder("S") if swapped else x.dtype)
    file = io.BytesIO()
    np.save(file, np.asarray(stored, order=order))  # type: ignore[call-overload]
    y = loaded(file.getvalue())
    assert y.dtype == (np.float32 if x.dtype == np.float16 else x.dtype)
    assert y.shape == x.shape
    assert np.array_equal(y, x.astype(y.dtype), equal_nan=x.dtype.kind == "f")


def test_arrays_one_after_the_other_in_an_open_file_are_read_in_turn(backend: Backend) -> None:
    file = io.BytesIO()
    for n in range(3):
        save(file, backend.asarray(np.arange(n, dtype=np.int32)))
    file.seek(0)
    assert [load(file, device=backend).shape for _ in range(3)] == [(0,), (1,), (2,)]


def test_a_file_that_cannot_seek_is_read(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    with open(write_end, "wb") as writer:
        writer.write(VERSION_1)
    with open(read_end, "rb") as reader:
        assert load(reader, device="numpy").shape == (2, 3)


# Element types


@pytest.mark.parametrize(
    ("stored", "on_device"),
    [
        ("float16", "float32"), ("float32", "float32"), ("float64", "float32"), ("int8", "int32"), ("int16", "int32"),
        ("uint16", "int32"), ("int32", "int32"), ("uint32", "int32"), ("int64", "int32"), ("uint64", "int32"),
        ("uint8", "uint8"), ("bool", "bool"),
    ],
)  # fmt: skip
def test_element_types_follow_the_rule(stored: str, on_device: str, backend: Backend, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([0, 1, 100]).astype(stored))
    x = load(tmp_path / "x.npy", device=backend)
    kept = "float32" if stored == "float16" else stored
    assert x.dtype == (on_device if backend.name == "opencl" else kept)
    assert np.array_equal(x.numpy(), np.array([0, 1, 100]).astype(stored))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([[1, 2], [3, 2**31]]), "expected values that int32 can hold, got 2147483648 at (1, 1); "),
        (np.array([-(2**31) - 1]), "got -2147483649 at (0,)"),
        (np.array(2**63, np.uint64), "got 9223372036854775808 at ()"),
        (np.array([np.inf, np.nan, 1e39]), "expected values that float32 can hold, got 1e+39 at (2,)"),
    ],
)
def test_a_value_that_the_device_cannot_hold_is_named(values: np.ndarray, message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(DTypeError) as error:
        load(tmp_path / "x.npy", device="opencl")
    assert message in str(error.value)
    assert np.array_equal(load(tmp_path / "x.npy", device="numpy").numpy(), values, equal_nan=values.dtype.kind == "f")


def test_an_explicit_dtype_converts_as_astype_does(backend: Backend, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([-1.5, 2.9, 1e20, np.nan]))
    x = load(tmp_path / "x.npy", dtype="int32", device=backend)
    assert np.array_equal(x.numpy(), np.array([-1, 2, 2**31 - 1, 0], np.int32))


def test_an_explicit_dtype_must_be_one_of_arrays(backend: Backend) -> None:
    with pytest.raises(DTypeError, match="load: expected dtype to be one of bool, .*, got complex64"):
        load(io.BytesIO(VERSION_1), dtype="complex64", device=backend)


def test_a_device_refuses_an_explicit_float64() -> None:
    with pytest.raises(DTypeError, match="load: expected float32, int32, uint8 or bool on a device, got float64"):
        load(io.BytesIO(VERSION_1), dtype="float64", device="opencl")


# Writing


def test_a_file_is_replaced_in_one_step_and_nothing_else_is_left(tmp_path: Path, backend: Backend) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(b"old")
    save(path, backend.zeros((3,)))
    assert np.load(path).shape == (3,)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_stays_as_it_was_when_writing_fails(
    tmp_path: Path, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "x.npy"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space left"):
        save(path, backend.zeros((3,)))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path, backend: Backend) -> None:
    (tmp_path / "real.npy").write_bytes(b"old")
    (tmp_path / "link.npy").symlink_to("real.npy")
    save(tmp_path / "link.npy", backend.zeros((3,)))
    assert (tmp_path / "link.npy").is_symlink()
    assert np.load(tmp_path / "real.npy").shape == (3,)


@pytest.mark.parametrize("file", [os.devnull, "."])
def test_what_is_no_file_is_never_replaced(file: str, backend: Backend) -> None:
    with pytest.raises(MathcoreError, match=r"expected the path of a file"):
        save(file, backend.zeros((3,)))


def test_a_file_of_text_is_refused(backend: Backend) -> None:
    with pytest.raises(MathcoreError, match="save: expected a path or a file opened in binary mode, got StringIO"):
        save(io.StringIO(), backend.zeros(()))  # type: ignore[arg-type]
    with pytest.raises(MathcoreError, match="load: expected a path or a file opened in binary mode, got StringIO"):
        load(io.StringIO())  # type: ignore[arg-type]


def test_only_arrays_are_saved() -> None:
    with pytest.raises(MathcoreError, match="save: expected an NDArray, got list"):
        save(io.BytesIO(), [1.0])  # type: ignore[arg-type]


def test_an_unknown_order_is_refused(backend: Backend) -> None:
    with pytest.raises(MathcoreError, match="save: expected order C or F, got 'A'"):
        save(io.BytesIO(), backend.zeros(()), order="A")
