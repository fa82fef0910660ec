"""Compiled programs on disk, so that a process starts without compiling.

A file is named by the SHA-256 of all that its content depends on, and holds the SHA-256 of the binary (32 bytes), then
the binary. Files are written under another name and renamed, so readers never wait and never see half of one; what does
not match its checksum counts as absent.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

CHECKSUM_BYTES = 32


class BinaryCache:
    """A folder of program binaries, shared by any number of processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, *key: str) -> bytes | None:
        """Return the binary stored under ``key``, or None if there is none or it is damaged."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        binary = content[CHECKSUM_BYTES:]
        return binary if content[:CHECKSUM_BYTES] == hashlib.sha256(binary).digest() else None

    def write(self, binary: bytes, *key: str) -> None:
        """Store ``binary`` under ``key``. A folder that cannot be written costs time later, so it is no error."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(dir=self._folder, suffix=".tmp")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(hashlib.sha256(binary).digest() + binary)
                Path(name).replace(self._path(key))
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise

    def _path(self, key: tuple[str, ...]) -> Path:
        return self._folder / (hashlib.sha256("\0".join(key).encode()).hexdigest() + ".bin")
