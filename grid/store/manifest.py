"""The manifest of a version: its arrays, their sizes, and a digest for each chunk.

    {"chunk_bytes": 4190208, "arrays": {
        "parameters": {"dtype": "float32", "count": 431080, "chunks": ["9f86...", ...]}}}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.errors import StoreError
from grid.store import chunks, json_object

MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024
ARRAYS_LIMIT = 16
COUNT_LIMIT = 2**31
ITEM_BYTES = 4
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")

Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class ArrayEntry:
    """One float32 array of ``count`` elements and the digests of its chunks."""

    count: int
    digests: list[str]


def check_arrays(arrays: Mapping[str, Any]) -> dict[str, Float32Array]:
    """Return the arrays of a version, flat and contiguous.

    Raises:
        StoreError: if there is none or too many, or one is not a float32 vector of at most 2**31 - 1 elements.
    """
    if not 1 <= len(arrays) <= ARRAYS_LIMIT:
        raise StoreError(f"version: expected 1 to {ARRAYS_LIMIT} arrays, got {len(arrays)}")
    for name, array in arrays.items():
        if not NAME.fullmatch(name):
            raise StoreError(f"version: expected array names such as parameters, got {name[:40]!r}")
        if not isinstance(array, np.ndarray) or array.dtype != np.float32 or array.ndim != 1:
            got = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
            raise StoreError(f"version: {name}: expected a float32 vector, got {got}")
        if array.size >= COUNT_LIMIT:
            raise StoreError(f"version: {name}: expected fewer than {COUNT_LIMIT} elements, got {array.size}")
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def record(entries: Mapping[str, ArrayEntry]) -> dict[str, Any]:
    """Return the manifest of a version as JSON can hold it."""
    arrays = {
        name: {"dtype": "float32", "count": entry.count, "chunks": entry.digests} for name, entry in entries.items()
    }
    return {"chunk_bytes": chunks.CHUNK_BYTES, "arrays": arrays}


def decode(data: bytes, *, what: str) -> dict[str, ArrayEntry]:
    """Return the arrays in an untrusted manifest.

    Raises:
        StoreError: if it is malformed.
    """
    values = json_object.decode(data, what=what, limit_bytes=MANIFEST_LIMIT_BYTES)
    arrays = values.get("arrays")
    if values.get("chunk_bytes") != chunks.CHUNK_BYTES or not isinstance(arrays, dict) or len(arrays) > ARRAYS_LIMIT:
        raise StoreError(f"{what}: expected chunks of {chunks.CHUNK_BYTES} bytes and arrays, got {str(values)[:80]}")
    return {name: _entry(entry, what=f"{what}: {name[:40]}") for name, entry in arrays.items()}


def _entry(value: Any, *, what: str) -> ArrayEntry:
    if not isinstance(value, dict) or value.get("dtype") != "float32":
        raise StoreError(f"{what}: expected a float32 array, got {str(value)[:60]}")
    number = value.get("count")
    if type(number) is not int or not 0 <= number < COUNT_LIMIT:
        raise StoreError(f"{what}: expected a count of elements, got {str(number)[:40]}")
    return ArrayEntry(number, chunks.check_digests(value.get("chunks"), size_bytes=ITEM_BYTES * number, what=what))
