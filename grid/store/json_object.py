"""One JSON object to bytes and back, strictly: bounded size, no NaN, no infinity, no duplicate names."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from grid.errors import StoreError


def encode(value: Mapping[str, Any], *, what: str, limit_bytes: int) -> bytes:
    """Return ``value`` as compact JSON.

    Raises:
        StoreError: if it holds something that JSON cannot say (NaN, bytes, an array), or is too large.
    """
    try:
        text = _ENCODER.encode(dict(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"{what}: expected values that JSON can hold, got {error}") from error
    if len(text) > limit_bytes:
        raise StoreError(f"{what}: expected at most {limit_bytes} bytes of JSON, got {len(text)}")
    return text.encode("ascii")


def decode(data: bytes, *, what: str, limit_bytes: int) -> dict[str, Any]:
    """Return the object in ``data``.

    Raises:
        StoreError: if ``data`` is too large, not JSON, not an object, or holds NaN, infinity or a name twice.
    """
    if len(data) > limit_bytes:
        raise StoreError(f"{what}: expected at most {limit_bytes} bytes of JSON, got {len(data)}")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{what}: expected a JSON object, got {bytes(data[:40])!r}: {str(error)[:80]}") from error
    if not isinstance(value, dict):
        raise StoreError(f"{what}: expected a JSON object, got {type(value).__name__}")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is out of range")
    return value


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return names


_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_unique_names
)
