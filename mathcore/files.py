"""Opening what a user names: a path, or a binary file that is already open.

A path is written under another name beside it, brought to the disk and renamed: readers see the old file or the whole
new one, whatever happens in between.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mathcore.errors import MathcoreError

File = str | os.PathLike[str] | BinaryIO


@contextmanager
def opened_for_reading(name: str, file: File) -> Iterator[BinaryIO]:
    """Open a path, or hand on an open file and leave it open.

    Raises:
        MathcoreError: if ``file`` is neither.
    """
    if isinstance(file, str | os.PathLike):
        with open(file, "rb") as opened:
            yield opened
    else:
        _check_binary(name, file, "read")
        yield file


@contextmanager
def opened_for_writing(name: str, file: File) -> Iterator[BinaryIO]:
    """Open what takes the place of a path when the block ends without an error, or hand on an open file.

    Raises:
        MathcoreError: if ``file`` is neither, or the path is that of a folder or a device.
    """
    if isinstance(file, str | os.PathLike):
        with _replacing(name, Path(os.path.realpath(file))) as opened:
            yield opened
    else:
        _check_binary(name, file, "write")
        yield file


def title(name: str, file: File) -> str:
    """Return how messages of function ``name`` call ``file``."""
    return f'{name} "{os.fspath(file)}"' if isinstance(file, str | os.PathLike) else name


@contextmanager
def _replacing(name: str, path: Path) -> Iterator[BinaryIO]:
    if path.exists() and not path.is_file():
        raise MathcoreError(f"{name}: expected the path of a file, got that of something else; pass an open file")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(draft, "xb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)  # the new name too, not only the content
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check_binary(name: str, file: BinaryIO, method: str) -> None:
    if isinstance(file, io.TextIOBase) or not hasattr(file, method):
        raise MathcoreError(f"{name}: expected a path or a file opened in binary mode, got {type(file).__name__}")
