"""Several named arrays in one .npz file, a zip archive of .npy files: ``savez`` and ``loadz``.

The rules for element types are those of ``mathcore/npy.py``. An archive is not trusted: each member must be an array
that is exactly as long as its header and the archive say, and no member may claim more bytes than its packed ones can
unfold to.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from typing import BinaryIO

import numpy as np
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.devices import Device, backend_of
from mathcore.errors import MathcoreError
from mathcore.files import File, opened_for_reading, opened_for_writing, title
from mathcore.npy import read_array, to_device, to_host, write_array

__all__ = ["loadz", "savez"]

SUFFIX = ".npy"
MOST_EXPANSION = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: 1032}
"""Bytes that one packed byte can unfold to, by method; for deflate see zlib's technical notes."""

SLACK_BYTES = 4096
MALFORMED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
    OverflowError, MemoryError,
)  # fmt: skip
"""What the standard library raises for archives that are malformed, encrypted or packed in another way."""


def savez(file: File, /, **arrays: NDArray) -> None:
    """Write arrays under their names to a .npz file, not packed; waits for the device.

    The same arrays give the same bytes.

    Args:
        file: a path, used as it is and replaced in one step, or a file open for writing bytes.
        arrays: any arrays; names that are no Python names go through ``**``.
    Raises:
        MathcoreError: if one is no array, a name is empty, or the path is not that of a file.
    """
    name = title("savez", file)
    hosts = {_member(name, key): to_host(f"{name}: {key}", x) for key, x in arrays.items()}
    with (
        opened_for_writing(name, file) as opened,
        zipfile.ZipFile(opened, "w", zipfile.ZIP_STORED) as archive,
    ):
        for member, host in hosts.items():
            with archive.open(zipfile.ZipInfo(member), "w", force_zip64=True) as part:
                write_array(part, host)  # type: ignore[arg-type]  # a BinaryIO in all that counts


def loadz(
    file: File,
    *,
    dtype: DTypeLike | None = None,
    device: str | Device | Backend | None = None,
    limit_bytes: int | None = None,
) -> dict[str, NDArray]:
    """Read all arrays of a .npz file, packed by deflate or not.

    Args:
        file: a path, or a file open for reading bytes that can seek.
        dtype: converts all arrays to this element type, as ``astype`` does.
        device: where the arrays go; None: the default device.
        limit_bytes: what the arrays may need together; set it for archives of strangers, which may unfold to a
            thousand times their size.
    Returns:
        The arrays by name, in the order of the archive.
    Raises:
        MathcoreError: if the archive or an array in it is malformed, a name comes twice, or the limit is exceeded.
        DTypeError: if elements are not numbers, or the device has no type for them.
    """
    name = title("loadz", file)
    with opened_for_reading(name, file) as opened:
        hosts = _read(name, opened, limit_bytes)
    backend = backend_of(device)
    return {key: to_device(f"{name}: {key}", host, dtype=dtype, backend=backend) for key, host in hosts.items()}


def _read(name: str, file: BinaryIO, limit_bytes: int | None) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            _check_members(name, members, size=file.seek(0, os.SEEK_END), limit_bytes=limit_bytes)
            return {info.filename.removesuffix(SUFFIX): _read_member(name, archive, info) for info in members}
    except MathcoreError:
        raise
    except MALFORMED as error:
        raise MathcoreError(f"{name}: expected a .npz archive of arrays, got {error or type(error).__name__}") from None


def _read_member(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    title = f"{name}: {info.filename}"
    with archive.open(info) as part:
        host = read_array(title, part, info.file_size)  # type: ignore[arg-type]  # a BinaryIO in all that counts
        if part.read(1):  # nothing is left, but only reading on checks the sum over the member
            raise MathcoreError(f"{title}: expected {info.file_size:,} bytes, got more")
        return host


def _check_members(name: str, members: list[zipfile.ZipInfo], *, size: int, limit_bytes: int | None) -> None:
    seen = {SUFFIX}  # no name at all
    for info in members:
        if not info.filename.endswith(SUFFIX) or info.filename in seen:
            raise MathcoreError(f"{name}: expected members NAME.npy, each once, got {info.filename!r}")
        seen.add(info.filename)
        if info.compress_type not in MOST_EXPANSION:
            raise MathcoreError(f"{name}: expected {info.filename} stored or deflated, got method {info.compress_type}")
        if info.file_size > info.compress_size * MOST_EXPANSION[info.compress_type] + SLACK_BYTES:
            raise MathcoreError(
                f"{name}: expected {info.filename} to unfold from {info.compress_size:,} bytes, got {info.file_size:,}"
            )
    packed, total = sum(info.compress_size for info in members), sum(info.file_size for info in members)
    if packed > size:
        raise MathcoreError(f"{name}: expected members of {size:,} bytes at most, got {packed:,}: they overlap")
    if limit_bytes is not None and total > limit_bytes:
        raise MathcoreError(f"{name}: expected at most {limit_bytes:,} bytes of arrays, got {total:,}")


def _member(name: str, key: str) -> str:
    if not key or "\0" in key:
        raise MathcoreError(f"{name}: expected names of one character or more and without NUL, got {key!r}")
    return key + SUFFIX
