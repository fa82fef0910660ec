"""The gradient payload: what is packed comes back, and whatever else comes in is refused with a reason."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid.errors import PayloadError
from grid.store.wire import MAGIC, PREFIX, VERSION, PayloadHeader, pack, unpack

HEADER = PayloadHeader(
    run="0123456789ab", step=3, shard=1, parameter_version=3, codec="dynamic8", dtype="float32", count=5, running=0,
    examples=32, loss=2.25, equivalence_class="numpy/2.4.6/openblas 0.3.31/Haswell/1-thread",
)
BODY = b"scales and codes"
PAYLOAD = pack(HEADER, BODY)
LIMIT = 10_000


def payload_with(header: object, body: bytes = BODY) -> bytes:
    """Return a payload whose prefix is right, around any JSON."""
    return payload_with_text(json.dumps(header).encode(), body)


def payload_with_text(text: bytes, body: bytes = BODY) -> bytes:
    prefix = PREFIX.pack(MAGIC, VERSION, len(text), len(body), zlib.crc32(text + body))
    return prefix + text + body


def fields(**changes: Any) -> dict[str, Any]:
    return {**asdict(HEADER), **changes}


@given(
    step=st.integers(0, 2**53 - 1), shard=st.integers(0, 4095), count=st.integers(0, 2**31 - 1),
    examples=st.integers(0, 2**40), loss=st.floats(allow_nan=False, allow_infinity=False), body=st.binary(max_size=300),
)
def test_what_is_packed_comes_back(step: int, shard: int, count: int, examples: int, loss: float, body: bytes) -> None:
    header = replace(
        HEADER, step=step, parameter_version=step, shard=shard, count=count, examples=examples, loss=loss
    )
    found, view = unpack(pack(header, body), maximum_size=LIMIT)
    assert (found, bytes(view)) == (header, body)


def test_the_layout_is_the_documented_one() -> None:
    magic, version, header_size, body_size, checksum = struct.unpack_from("<4sHHQI", PAYLOAD)
    assert (magic, version, body_size) == (b"NABE", 2, len(BODY))
    assert checksum == zlib.crc32(PAYLOAD[20:])
    assert json.loads(PAYLOAD[20 : 20 + header_size]) == asdict(HEADER)
    assert (20 + header_size) % 16 == 0


def test_any_kind_of_buffer_is_taken() -> None:
    for data in (bytearray(PAYLOAD), memoryview(PAYLOAD), memoryview(PAYLOAD).cast("b")):
        assert unpack(data, maximum_size=LIMIT)[0] == HEADER


@given(st.integers(0, len(PAYLOAD) - 1))
def test_a_truncated_payload_is_refused(length: int) -> None:
    with pytest.raises(PayloadError):
        unpack(PAYLOAD[:length], maximum_size=LIMIT)


@given(st.integers(0, 8 * len(PAYLOAD) - 1))
def test_a_flipped_bit_is_noticed(bit: int) -> None:
    damaged = bytearray(PAYLOAD)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PayloadError):
        unpack(damaged, maximum_size=LIMIT)


@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(PayloadError):
        unpack(data, maximum_size=LIMIT)


@given(st.binary(max_size=200))
def test_noise_as_header_is_refused(text: bytes) -> None:
    with pytest.raises(PayloadError):
        unpack(payload_with_text(text), maximum_size=LIMIT)


def test_more_bytes_than_expected_are_refused() -> None:
    with pytest.raises(PayloadError, match="expected 20 to 100 bytes, got"):
        unpack(PAYLOAD, maximum_size=100)
    with pytest.raises(PayloadError, match="as its prefix says"):
        unpack(PAYLOAD + b"x", maximum_size=LIMIT)


def test_another_magic_or_version_is_refused() -> None:
    with pytest.raises(PayloadError, match="expected magic b'NABE' version 2, got b'EBAN'"):
        unpack(b"EBAN" + PAYLOAD[4:], maximum_size=LIMIT)
    with pytest.raises(PayloadError, match="got b'NABE' version 1"):
        unpack(PAYLOAD[:4] + b"\x01" + PAYLOAD[5:], maximum_size=LIMIT)


def test_giant_lengths_are_refused_before_anything_is_read() -> None:
    giant_body = PREFIX.pack(MAGIC, VERSION, 16, 2**63, 0) + bytes(100)
    with pytest.raises(PayloadError, match="as its prefix says"):
        unpack(giant_body, maximum_size=LIMIT)
    giant_header = PREFIX.pack(MAGIC, VERSION, 60_000, 16, 0) + bytes(100)
    with pytest.raises(PayloadError, match="header of at most 4096 bytes, got 60000"):
        unpack(giant_header, maximum_size=LIMIT)


@pytest.mark.parametrize("changes", [
    {"step": True, "parameter_version": True}, {"step": -1, "parameter_version": -1}, {"step": 1.0}, {"step": None},
    {"shard": "1"}, {"shard": 2**60}, {"count": 2**31}, {"examples": False}, {"loss": 1}, {"loss": None},
    {"loss": "nan"}, {"run": "../../etc"}, {"run": "0123456789ab\n"}, {"run": 12}, {"codec": ""}, {"codec": "x" * 33},
    {"dtype": "float64"}, {"equivalence_class": ""}, {"equivalence_class": "x" * 301},
    {"equivalence_class": "tab\tnew\nline"}, {"equivalence_class": {"nested": []}},
])
def test_a_field_out_of_range_is_refused_and_named(changes: dict[str, Any]) -> None:
    with pytest.raises(PayloadError, match=f"{next(iter(changes))} is out of range"):
        unpack(payload_with(fields(**changes)), maximum_size=LIMIT)


def test_a_loss_that_is_not_finite_is_refused_both_ways() -> None:
    for text in (b"NaN", b"Infinity", b"-Infinity", b"1e999"):
        hostile = json.dumps(asdict(HEADER)).encode().replace(b"2.25", text)
        with pytest.raises(PayloadError, match="expected a JSON object"):
            unpack(payload_with_text(hostile), maximum_size=LIMIT)
    with pytest.raises(PayloadError, match="loss is out of range"):
        pack(replace(HEADER, loss=float("nan")), BODY)


def test_a_missing_or_additional_field_is_refused() -> None:
    missing = fields()
    del missing["codec"]
    hostile: list[object] = [missing, fields(more=1), {}, []]
    for wrong in hostile:
        with pytest.raises(PayloadError, match="expected"):
            unpack(payload_with(wrong), maximum_size=LIMIT)


def test_a_field_that_stands_twice_is_refused() -> None:
    twice = json.dumps(asdict(HEADER))[:-1].encode() + b', "step": 3}'
    with pytest.raises(PayloadError, match="twice"):
        unpack(payload_with_text(twice), maximum_size=LIMIT)


def test_deeply_nested_json_is_refused() -> None:
    with pytest.raises(PayloadError, match="expected a JSON object"):
        unpack(payload_with_text(b"[" * 4000), maximum_size=LIMIT)


def test_a_version_that_is_not_the_step_is_refused() -> None:
    with pytest.raises(PayloadError, match="expected parameter_version equal to step 3, got 2"):
        unpack(payload_with(fields(parameter_version=2)), maximum_size=LIMIT)


def test_an_empty_body_is_carried() -> None:
    assert bytes(unpack(pack(HEADER, b""), maximum_size=LIMIT)[1]) == b""
