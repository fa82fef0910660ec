"""The kernel sources, read by path: a worker started from a clone may find another package named ``kernels`` first.

A file that builds on another names it in a line ``#include "operations.cl"``; the text is put in its place here, for
drivers do not know the folder.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "kernels"

INCLUDE = re.compile(r'#include "(\w+\.cl)"')

Macros = tuple[tuple[str, str | int], ...]


def assemble(file: str, macros: Macros) -> str:
    """Return the source of ``file`` behind its macros and ``common.cl``; compiler messages name file and line.

    Where a macro is given twice, the last value counts.
    """
    defines = "".join(f"#define {name} {value}\n" for name, value in dict(macros).items())
    return defines + _expand("common.cl") + _expand(file)


def file_names() -> list[str]:
    """Return the names of all kernel files, sorted."""
    return sorted(path.name for path in FOLDER.glob("*.cl"))


@cache
def digest() -> str:
    """Return the SHA-256 of all kernel files, in hexadecimal."""
    return _digest((name, _read(name)) for name in file_names())


@cache
def _expand(name: str) -> str:
    """Return the text of a file with those that it includes, each line under its own number."""
    parts = [f'#line 1 "{name}"']
    for number, line in enumerate(_read(name).splitlines(), 1):
        included = INCLUDE.fullmatch(line)
        parts.append(f'{_expand(included[1])}#line {number + 1} "{name}"' if included else line)
    return "\n".join(parts) + "\n"


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _digest(files: Iterable[tuple[str, str]]) -> str:
    total = hashlib.sha256()
    for name, text in files:
        total.update(f"{name}\0{len(text)}\0{text}".encode())
    return total.hexdigest()
