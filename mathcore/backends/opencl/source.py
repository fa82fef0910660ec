"""The kernel sources, read by path: a worker started from a clone may find another package named ``kernels`` first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "kernels"

Macros = tuple[tuple[str, str | int], ...]


def assemble(file: str, macros: Macros) -> str:
    """Return the source of ``file`` behind its macros and ``common.cl``; compiler messages name file and line."""
    defines = "".join(f"#define {name} {value}\n" for name, value in macros)
    return defines + "".join(f'#line 1 "{name}"\n{_read(name)}\n' for name in ("common.cl", file))


def file_names() -> list[str]:
    """Return the names of all kernel files, sorted."""
    return sorted(path.name for path in FOLDER.glob("*.cl"))


@cache
def digest() -> str:
    """Return the SHA-256 of all kernel files, in hexadecimal."""
    return _digest((name, _read(name)) for name in file_names())


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _digest(files: Iterable[tuple[str, str]]) -> str:
    total = hashlib.sha256()
    for name, text in files:
        total.update(f"{name}\0{len(text)}\0{text}".encode())
    return total.hexdigest()
