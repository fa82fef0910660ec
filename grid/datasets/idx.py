"""IDX files, the format of MNIST, plain or compressed with gzip.

    0, 0, type (8: uint8), number of axes D     one byte each
    length of each axis                         D big-endian uint32
    values                                      C order

Source:
    LeCun, Cortes, Burges, The MNIST database of handwritten digits.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from grid.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"
UINT8 = 8
MAXIMUM_BYTES = 2**31


def read_idx(path: Path, *, axes: int, sha256: str | None = None) -> NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes.

    Reads no more than the header announces, and never more than 2 GiB.

    Args:
        path: the file, plain or gzip.
        axes: how many axes the array must have.
        sha256: what the digest of the unpacked file must be, in hexadecimal; ``None``: not checked.
    Returns:
        A read-only array.
    Raises:
        DataError: if the file cannot be read, is not IDX, is cut short, goes on too long or is not the one expected.
    """
    try:
        with _open(path) as stream:
            return _parse(stream, path, axes=axes, sha256=sha256)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: expected a whole gzip file, got: {error}; copy it again") from None
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, got: {error.strerror or error}") from None


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        compressed = stream.read(2) == GZIP_MAGIC
    return cast(BinaryIO, gzip.open(path)) if compressed else path.open("rb")


def _parse(stream: BinaryIO, path: Path, *, axes: int, sha256: str | None) -> NDArray[np.uint8]:
    header = stream.read(4 + 4 * axes)
    if header[:4] != bytes([0, 0, UINT8, axes]):
        expected = f"an IDX file of unsigned bytes with {axes} axes (00 00 08 {axes:02x})"
        raise DataError(f"{path}: expected {expected}, got {header[:4].hex(' ') or 'an empty file'}")
    if len(header) < 4 + 4 * axes:
        raise DataError(f"{path}: expected a header of {4 + 4 * axes} bytes, got {len(header)}; copy it again")
    shape = tuple(int(length) for length in np.frombuffer(header, ">u4", offset=4))
    size = math.prod(shape)
    if size > MAXIMUM_BYTES:
        raise DataError(f"{path}: expected at most {MAXIMUM_BYTES} values, got a header of shape {shape}")
    values = stream.read(size)
    if len(values) != size or stream.read(1):
        got = f"only {len(values)}" if len(values) != size else "more"
        raise DataError(f"{path}: expected {size} bytes for shape {shape}, got {got}; copy it again")
    _check_digest(path, header, values, sha256)
    return np.frombuffer(values, np.uint8).reshape(shape)


def _check_digest(path: Path, header: bytes, values: bytes, sha256: str | None) -> None:
    if sha256 is None:
        return
    digest = hashlib.sha256(header)
    digest.update(values)
    if digest.hexdigest() != sha256:
        raise DataError(f"{path}: expected SHA-256 {sha256}, got {digest.hexdigest()}; copy it again")
