"""Malformed, hostile and damaged .npy files are refused with one line, and none crashes the reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mathcore import DTypeError, MathcoreError, ShapeError
from mathcore.npy import load
from tests.mathcore.npy_files import BIG_ENDIAN, FORTRAN, SIX, VERSION_1, VERSION_2, VERSION_3, fields, loaded, npy


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
