"""The header of a .npy file: what it may say, and reading it from bytes that anyone may have written.

    6 bytes  \\x93NUMPY      2 bytes  version, (1, 0), (2, 0) or (3, 0)
    2 bytes (version 1) or 4 bytes  length of the text, little endian
    text     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } and spaces up to a newline

The text is Latin-1, in version 3 UTF-8. It is a Python literal and read as one, never run.

Source:
    NumPy enhancement proposal 1, A Simple File Format for NumPy Arrays; numpy.lib.format.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from mathcore.errors import DTypeError, MathcoreError, ShapeError

MAGIC = b"\x93NUMPY"
VERSIONS = {(1, 0): (2, "latin-1"), (2, 0): (4, "latin-1"), (3, 0): (4, "utf-8")}
"""Bytes of the text's length, and the text's encoding."""

CHUNK_BYTES = 2**20
MOST_TEXT_BYTES = 10_000
MOST_AXES = 64
MOST_BYTES = 2**63 - 1
DTYPE = re.compile(r"[<>]([iu][248]|f[248])|[<>|](b1|i1|u1)")
REFUSED = {
    "O": "Python objects, which only an unpickler could read",
    "c": "complex numbers",
    "M": "dates",
    "m": "time spans",
    "S": "text",
    "U": "text",
    "V": "raw bytes",
}


@dataclass(frozen=True)
class Header:
    """What a file says about its array.

    Attributes:
        dtype: the element type as stored, of either byte order.
        fortran_order: whether the first axis is the one of neighbouring elements.
        shape: the length of each axis.
        size: bytes of the header itself.
    """

    dtype: np.dtype[Any]
    fortran_order: bool
    shape: tuple[int, ...]
    size: int

    @property
    def data_size(self) -> int:
        """Bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(name: str, file: BinaryIO) -> Header:
    """Read the header and leave ``file`` at the first byte of the array.

    Args:
        name: what error messages call the file.
        file: at the first byte of the header.
    Raises:
        MathcoreError: if it is no header.
        DTypeError: if the elements are neither numbers nor bool.
        ShapeError: if the shape is none, or larger than any array.
    """
    start = read_exactly(name, file, len(MAGIC) + 2)
    if not start.startswith(MAGIC):
        raise MathcoreError(
            f"{name}: expected a .npy file, which starts with {MAGIC!r}, got {bytes(start[:6])!r}; "
            "loadz reads .npz archives"
        )
    version = (start[-2], start[-1])
    if version not in VERSIONS:
        raise MathcoreError(f"{name}: expected version 1.0, 2.0 or 3.0, got {version[0]}.{version[1]}")
    length_bytes, encoding = VERSIONS[version]
    length = int.from_bytes(read_exactly(name, file, length_bytes), "little")
    if length > MOST_TEXT_BYTES:
        raise MathcoreError(f"{name}: expected a header of at most {MOST_TEXT_BYTES:,} bytes, got {length:,}")
    fields = _parse(name, read_exactly(name, file, length), encoding)
    dtype = _dtype(name, fields["descr"])
    shape = _shape(name, fields["shape"], dtype.itemsize)
    if not isinstance(fields["fortran_order"], bool):
        raise MathcoreError(f"{name}: expected fortran_order of True or False, got {_short(fields['fortran_order'])}")
    return Header(dtype, fields["fortran_order"], shape, len(start) + length_bytes + length)


def read_exactly(name: str, file: BinaryIO, size: int) -> bytearray:
    """Return the next ``size`` bytes; memory grows with what comes, whatever ``size`` says.

    Raises:
        MathcoreError: if the file ends before, or gives text.
    """
    found = bytearray()
    while missing := size - len(found):
        part = file.read(min(missing, CHUNK_BYTES))
        if not isinstance(part, bytes):
            raise MathcoreError(f"{name}: expected a file opened for reading bytes, got {type(part).__name__}")
        if not part:
            raise MathcoreError(f"{name}: expected {missing:,} more bytes, got the end of the file; it was cut off")
        found += part
    return found


def _parse(name: str, text: bytearray, encoding: str) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's remarks on odd literals
            fields = ast.literal_eval(text.decode(encoding))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise MathcoreError(f"{name}: expected a header that is a Python literal, got {_short(bytes(text))}") from None
    if not isinstance(fields, dict) or set(fields) != {"descr", "fortran_order", "shape"}:
        raise MathcoreError(f"{name}: expected a header of descr, fortran_order and shape, got {_short(fields)}")
    return fields


def _dtype(name: str, description: Any) -> np.dtype[Any]:
    if isinstance(description, list | tuple):
        raise DTypeError(f"{name}: expected elements that are numbers, got records {_short(description)}")
    if isinstance(description, str) and DTYPE.fullmatch(description):
        return np.dtype(description)
    kind = description.lstrip("<>=|")[:1] if isinstance(description, str) else ""
    raise DTypeError(
        f"{name}: expected elements of bool, whole numbers or floating point, got {_short(description)}"
        + (f": {REFUSED[kind]}" if kind in REFUSED else "")
    )


def _shape(name: str, shape: Any, itemsize: int) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise ShapeError(f"{name}: expected a shape of numbers that are 0 or more, got {_short(shape)}")
    if len(shape) > MOST_AXES:
        raise ShapeError(f"{name}: expected at most {MOST_AXES} axes, got {len(shape)}")
    if math.prod(max(n, 1) for n in shape) * itemsize > MOST_BYTES:
        raise ShapeError(f"{name}: expected a shape that memory can hold, got {_short(shape)}")
    return shape


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write out numbers of very many digits
        return "a number of thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."
