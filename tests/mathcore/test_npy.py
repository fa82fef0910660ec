"""Arrays to .npy files and back: NumPy's own files, files written out byte by byte, and damaged ones."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mathcore import DTypeError, MathcoreError, ShapeError
from mathcore.backends.base import Backend
from mathcore.npy import load, save

SIX = bytes.fromhex("00000000 0000803f 00000040 00004040 00008040 0000a040")
"""0.0 to 5.0 as little-endian float32."""


def npy(header: str, data: bytes, version: tuple[int, int] = (1, 0)) -> bytes:
    text = header.encode("utf-8" if version == (3, 0) else "latin-1")
    length = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + length + text + data


def fields(descr: str = "'<f4'", fortran_order: str = "False", shape: str = "(2, 3)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran_order}, 'shape': {shape}, }}\n"


def loaded(content: bytes, device: object = "numpy", **options: object) -> np.ndarray:
    return load(io.BytesIO(content), device=device, **options).numpy()  # type: ignore[arg-type]


VERSION_1 = (
    b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + b" " * 58 + b"\n" + SIX
)
VERSION_2 = b"\x93NUMPY\x02\x00\x3e\x00\x00\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n" + SIX
VERSION_3 = b"\x93NUMPY\x03\x00\x3d\x00\x00\x00{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}   \n" + SIX
FORTRAN = npy(fields(fortran_order="True", shape="(3, 2)"), SIX)
BIG_ENDIAN = npy(fields("'>i2'", shape="(2,)"), b"\x01\x02\xff\xfe")


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


# What is refused


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected 8 more bytes, got the end of the file"),
        (b"\x93NUMPY\x01", "expected 1 more bytes"),
        (b"PK\x03\x04" + bytes(20), "loadz reads .npz archives"),
        (npy(fields(), SIX, (4, 0)), "expected version 1.0, 2.0 or 3.0, got 4.0"),
        (npy(fields(), SIX, (1, 1)), "got 1.1"),
        (VERSION_1[:60], "more bytes, got the end of the file"),
        (VERSION_1[:-1], "expected 1 more bytes, got the end of the file; it was cut off"),
        (npy(fields() + " " * 10_000, SIX), "expected a header of at most 10,000 bytes"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + fields().encode(), "expected a header of at most 10,000 bytes"),
        (npy("{'descr': __import__('os').getcwd()}", b""), "expected a header that is a Python literal"),
        (npy("{'descr': '<f4'", b""), "expected a header that is a Python literal"),
        (npy("(" * 9_000, b""), "expected a header that is a Python literal"),
        (npy("-" * 9_000 + "1", b""), "expected a header that is a Python literal"),
        (npy("{[]: 1}", b""), "expected a header that is a Python literal"),
        (npy("[1, 2]", b""), "expected a header of descr, fortran_order and shape, got [1, 2]"),
        (npy("{'descr': '<f4', 'shape': ()}", b""), "expected a header of descr, fortran_order and shape"),
        (npy(fields().replace("}", "'x': 1}"), SIX), "expected a header of descr, fortran_order and shape"),
        (npy(fields(fortran_order="0"), SIX), "expected fortran_order of True or False, got 0"),
        (npy(fields("'|b1'", shape="(2,)"), b"\x01\x02"), "expected bytes 0 and 1 for bool, got 2"),
        (b"\x93NUMPY\x03\x00\x01\x00\x00\x00\xff", "expected a header that is a Python literal"),
    ],
)
def test_a_malformed_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(MathcoreError) as error:
        loaded(content)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("descr", "message"),
    [
        ("'|O'", "got '|O': Python objects"),
        ("'<c8'", "got '<c8': complex numbers"),
        ("'<M8[ns]'", "dates"),
        ("'<m8[s]'", "time spans"),
        ("'<U5'", "text"),
        ("'|S5'", "text"),
        ("'|V8'", "raw bytes"),
        ("[('a', '<f4')]", "got records [('a', '<f4')]"),
        ("('<f4', (2,))", "got records"),
        ("'<f16'", "got '<f16'"),
        ("'f4'", "got 'f4'"),
        ("'|f4'", "got '|f4'"),
        ("'<f4,<f4'", "got '<f4,<f4'"),
        ("3", "got 3"),
    ],
)
def test_elements_that_are_not_numbers_are_refused(descr: str, message: str) -> None:
    with pytest.raises(DTypeError) as error:
        loaded(npy(fields(descr), SIX))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("(-1, -6)", "expected a shape of numbers that are 0 or more, got (-1, -6)"),
        ("[2, 3]", "expected a shape of numbers"),
        ("(2.0, 3)", "expected a shape of numbers"),
        ("(True, 6)", "expected a shape of numbers"),
        ("6", "expected a shape of numbers"),
        ("(4294967296, 4294967296)", "expected a shape that memory can hold"),
        ("(0, 9223372036854775808)", "expected a shape that memory can hold"),
        ("(" + "1," * 65 + ")", "expected at most 64 axes, got 65"),
        ("(0x" + "f" * 8_000 + ",)", "expected a shape that memory can hold, got a number of thousands of digits"),
    ],
)
def test_shapes_that_no_array_has_are_refused(shape: str, message: str) -> None:
    with pytest.raises(ShapeError) as error:
        loaded(npy(fields(shape=shape), SIX))
    assert message in str(error.value)


@pytest.mark.parametrize("shape", ["(2, 4)", "(2, 2)", "(1000000000000,)"])
def test_a_path_whose_size_does_not_match_the_shape_is_refused(shape: str, tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(npy(fields(shape=shape), SIX))
    with pytest.raises(MathcoreError, match=r'^load ".*x.npy": expected [\d,]+ bytes for float32 .*, got 24; the file'):
        load(tmp_path / "x.npy", device="numpy")


def test_2000_damaged_files_are_read_or_refused_but_never_crash() -> None:
    # Given files of every kind
    randomness = np.random.default_rng(0)
    files = [VERSION_1, VERSION_2, VERSION_3, FORTRAN, BIG_ENDIAN]
    refused = 0
    for _ in range(2000):
        # When a few bytes are changed, left out or repeated
        content = bytearray(files[randomness.integers(len(files))])
        for _ in range(randomness.integers(1, 4)):
            place = int(randomness.integers(len(content)))
            content[place : place + int(randomness.integers(3))] = randomness.bytes(int(randomness.integers(3)))
        # Then nothing but an array or our error comes out
        try:
            loaded(bytes(content))
        except MathcoreError:
            refused += 1
    assert 500 < refused < 2000


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
