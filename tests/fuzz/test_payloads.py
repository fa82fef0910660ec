"""6,000 damaged payloads, none of which is taken for a gradient; whatever comes in, only our own errors go out."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from grid.errors import PayloadError
from grid.gradient_parts import body_size, decode, encode
from grid.store.wire import MAGIC, PREFIX, VERSION, PayloadHeader, pack, unpack
from mathcore import backends, codecs
from mathcore.errors import CodecError
from mathcore.layers import ParameterSpec
from mathcore.network import Layout
from tests.fuzz import mutations

BACKEND = backends.create("numpy")
LAYOUT = Layout([("fc/w", ParameterSpec((300,))), ("bn/mean", ParameterSpec((7,), running=True))])
HEADER = PayloadHeader(
    run="0123456789ab", step=3, shard=1, parameter_version=3, codec="dynamic8", dtype="float32", count=LAYOUT.size,
    running=LAYOUT.size - LAYOUT.learned_size, examples=32, loss=2.25, equivalence_class="numpy/2.4",
)
CASES = 6000 // len(codecs.names())


def valid(name: str) -> tuple[PayloadHeader, bytes, bytes]:
    """Return header, body and payload of a gradient."""
    codec, header = codecs.create(name), replace(HEADER, codec=name)
    values = np.random.default_rng(5).normal(size=LAYOUT.size).astype(np.float32)
    body = encode(codec, BACKEND.asarray(values), LAYOUT, codecs.coding_key(1, 3, 1))
    return header, body, pack(header, body)


def received(name: str, data: bytes) -> np.ndarray:
    """Return the gradient in a payload, as the apply task reads it.

    Raises:
        PayloadError, CodecError: if it is refused.
    """
    codec = codecs.create(name)
    found, body = unpack(data, maximum_size=body_size(codec, LAYOUT) + 8192)
    if replace(found, loss=HEADER.loss, examples=HEADER.examples) != replace(HEADER, codec=name):
        raise PayloadError("another shard's")
    return decode(codec, body, LAYOUT, BACKEND).numpy()


@pytest.mark.parametrize("name", codecs.names())
def test_no_damaged_payload_is_accepted(name: str) -> None:
    chance = random.Random(11)
    _, _, payload = valid(name)
    assert received(name, payload).shape == (LAYOUT.size,)
    for _ in range(CASES // 2):
        with pytest.raises((PayloadError, CodecError)):
            received(name, mutations.damaged(payload, chance))


def with_checksum(text: bytes, body: bytes) -> bytes:
    """Return a payload whose sizes and checksum are right, around any header and body."""
    prefix = PREFIX.pack(MAGIC, VERSION, len(text) & 0xFFFF, len(body), zlib.crc32(body, zlib.crc32(text)))
    return prefix + text + body


@pytest.mark.parametrize("name", codecs.names())
def test_a_forged_checksum_does_not_help_a_header_of_another_kind(name: str) -> None:
    """Only loss and number of examples can be lied about in a header: that takes a seal."""
    chance = random.Random(12)
    header, body, payload = valid(name)
    text = json.dumps(asdict(header)).encode()
    accepted = 0
    for _ in range(CASES // 2):
        data = with_checksum(mutations.damaged(text, chance, is_json=True), body)
        try:
            received(name, data)
        except (PayloadError, CodecError):
            continue
        found, _ = unpack(data, maximum_size=len(data))
        changed = {field.name for field in fields(found) if getattr(found, field.name) != getattr(header, field.name)}
        assert changed <= {"loss", "examples"}, (data, payload)
        accepted += 1
    assert accepted < CASES // 10


@pytest.mark.parametrize("name", codecs.names())
def test_a_forged_body_gives_finite_values_or_an_error(name: str) -> None:
    chance = random.Random(13)
    header, body, _ = valid(name)
    refused = 0
    ways: list[Callable[[bytes, random.Random], bytes]] = [*mutations.BYTES, mutations.overwrite, mutations.flip_bits]
    for _ in range(300):
        forged = chance.choice(ways)(body, chance)
        try:
            values = received(name, pack(header, forged))
        except (PayloadError, CodecError):
            refused += 1
            continue
        assert values.shape == (LAYOUT.size,)
        assert np.isfinite(values).all()
    assert refused > 100
