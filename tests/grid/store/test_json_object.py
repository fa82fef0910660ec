"""JSON from Redis: bounded, strict, and refused with a reason."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid.errors import StoreError
from grid.store import json_object

SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=10), VALUES, max_size=5))
def test_an_object_comes_back_as_it_was(value: dict[str, object]) -> None:
    data = json_object.encode(value, what="record", limit_bytes=100_000)
    assert json_object.decode(data, what="record", limit_bytes=100_000) == value


@given(st.binary(max_size=100))
def test_noise_gives_an_object_or_a_clear_error(data: bytes) -> None:
    with contextlib.suppress(StoreError):
        assert isinstance(json_object.decode(data, what="record", limit_bytes=1000), dict)


@pytest.mark.parametrize("data", [
    b"", b"null", b"[]", b"1", b'"text"', b'{"a": NaN}', b'{"a": 1e999}', b'{"a": -Infinity}', b'{"a": 1, "a": 2}',
    b"\xff\xfe", b'{"a": ' + b"9" * 5000 + b"}", b'{"a": ' + b"[" * 9000 + b"]" * 9000 + b"}", b"{" * 9000,
])
def test_what_is_not_a_strict_object_is_refused(data: bytes) -> None:
    with pytest.raises(StoreError, match="record: expected a JSON object"):
        json_object.decode(data, what="record", limit_bytes=100_000)


def test_size_is_bounded_both_ways() -> None:
    with pytest.raises(StoreError, match="expected at most 10 bytes of JSON, got 29"):
        json_object.decode(b'{"a": "xxxxxxxxxxxxxxxxxxxx"}', what="record", limit_bytes=10)
    with pytest.raises(StoreError, match="expected at most 10 bytes"):
        json_object.encode({"a": "x" * 20}, what="record", limit_bytes=10)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}, np.zeros(2)])
def test_what_json_cannot_say_is_not_written(value: object) -> None:
    with pytest.raises(StoreError, match="expected values that JSON can hold"):
        json_object.encode({"a": value}, what="record", limit_bytes=1000)
