"""The payload that carries one shard's encoded gradient: a fixed prefix, a JSON header, the codec's bytes.

    offset  size  field                      little endian
    0       4     magic "NABE"
    4       2     version, 2
    6       2     header length H <= 4096    padded with spaces, so that the body starts at a multiple of 16
    8       8     body length B
    16      4     CRC-32 of everything after this field
    20      H     header, JSON               exactly the fields of ``PayloadHeader``
    20+H    B     body                       what the codec wrote, then ``running`` float32

Everything that comes in is untrusted: each size is checked before it is used, each field by type and range.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from grid.errors import PayloadError, StoreError
from grid.store import json_object

MAGIC = b"NABE"
VERSION = 2
PREFIX = struct.Struct("<4sHHQI")
HEADER_LIMIT_BYTES = 4096
BODY_ALIGNMENT_BYTES = 16
COUNT_LIMIT = 2**31
NUMBER_LIMIT = 2**53

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True)
class PayloadHeader:
    """What a payload says about itself.

    Attributes:
        run: id, 12 hexadecimal digits.
        step: the step the gradient is for.
        shard: which shard of the batch.
        parameter_version: the version it was computed at; equals ``step``.
        codec: name of the codec of the body.
        dtype: element type after decoding, always ``float32``.
        count: number of elements after decoding.
        running: how many of them, at the end, are running statistics, which travel as float32 whatever the codec.
        examples: number of examples that the gradient is the mean of.
        loss: their mean loss.
        equivalence_class: the backend, device kind, driver and kernels that computed it.
    """

    run: str
    step: int
    shard: int
    parameter_version: int
    codec: str
    dtype: str
    count: int
    running: int
    examples: int
    loss: float
    equivalence_class: str


def pack(header: PayloadHeader, body: Buffer) -> bytes:
    """Return the payload of ``header`` and ``body``.

    Raises:
        PayloadError: if a field of the header is out of its range.
    """
    values = vars(header)
    _check_fields(values)
    try:
        text = json_object.encode(values, what="payload header", limit_bytes=HEADER_LIMIT_BYTES)
    except StoreError as error:
        raise PayloadError(str(error)) from error
    text += b" " * (-(PREFIX.size + len(text)) % BODY_ALIGNMENT_BYTES)
    if len(text) > HEADER_LIMIT_BYTES:
        raise PayloadError(f"payload header: expected at most {HEADER_LIMIT_BYTES} bytes, got {len(text)}")
    view = as_bytes(body)
    checksum = zlib.crc32(view, zlib.crc32(text))
    return b"".join((PREFIX.pack(MAGIC, VERSION, len(text), len(view), checksum), text, view))


def unpack(data: Buffer, *, maximum_size: int) -> tuple[PayloadHeader, memoryview]:
    """Return the header of a payload and a view on its body.

    Args:
        data: the whole payload.
        maximum_size: the largest payload in bytes that the caller expects.
    Raises:
        PayloadError: if anything about it is not as ``pack`` writes it.
    """
    view = as_bytes(data)
    if not PREFIX.size <= len(view) <= maximum_size:
        raise PayloadError(f"payload: expected {PREFIX.size} to {maximum_size} bytes, got {len(view)}")
    magic, version, header_size, body_size, checksum = PREFIX.unpack_from(view)
    if magic != MAGIC or version != VERSION:
        raise PayloadError(f"payload: expected magic {MAGIC!r} version {VERSION}, got {magic!r} version {version}")
    if header_size > HEADER_LIMIT_BYTES:
        raise PayloadError(f"payload: expected a header of at most {HEADER_LIMIT_BYTES} bytes, got {header_size}")
    if PREFIX.size + header_size + body_size != len(view):
        raise PayloadError(
            f"payload: expected {PREFIX.size + header_size + body_size} bytes as its prefix says, got {len(view)}"
        )
    if zlib.crc32(view[PREFIX.size :]) != checksum:
        raise PayloadError("payload: the checksum does not fit the bytes; the payload was damaged")
    end = PREFIX.size + header_size
    return _parse_header(bytes(view[PREFIX.size : end])), view[end:]


def as_bytes(data: Buffer) -> memoryview:
    """Return a view on the bytes of ``data``."""
    view = memoryview(data)
    return view.cast("B") if view.nbytes else memoryview(b"")


def _parse_header(text: bytes) -> PayloadHeader:
    try:
        values = json_object.decode(text, what="payload header", limit_bytes=HEADER_LIMIT_BYTES)
    except StoreError as error:
        raise PayloadError(str(error)) from error
    _check_fields(values)
    return PayloadHeader(**values)


def _check_fields(values: dict[str, Any]) -> None:
    if values.keys() != _NAMES:
        raise PayloadError(f"payload header: expected the fields {sorted(_NAMES)}, got {sorted(values)[:20]}")
    for name, check in _CHECKS.items():
        if not check(values[name]):
            raise PayloadError(f"payload header: {name} is out of range: {values[name]!r:.60}")
    if values["parameter_version"] != values["step"]:
        raise PayloadError(
            f"payload header: expected parameter_version equal to step {values['step']}, "
            f"got {values['parameter_version']}"
        )


def _text(pattern: str) -> Callable[[object], bool]:
    compiled = re.compile(pattern)
    return lambda value: type(value) is str and compiled.fullmatch(value) is not None


def _whole(limit: int) -> Callable[[object], bool]:
    # type() rather than isinstance(): True is an int for Python, but not here.
    return lambda value: type(value) is int and 0 <= value < limit


_NAMES = {field.name for field in fields(PayloadHeader)}
_CHECKS: dict[str, Callable[[object], bool]] = {
    "run": _text(r"[0-9a-f]{12}"),
    "step": _whole(NUMBER_LIMIT),
    "shard": _whole(NUMBER_LIMIT),
    "parameter_version": _whole(NUMBER_LIMIT),
    "codec": _text(r"[a-z][a-z0-9_]{0,31}"),
    "dtype": _text(r"float32"),
    "count": _whole(COUNT_LIMIT),
    "running": _whole(COUNT_LIMIT),
    "examples": _whole(NUMBER_LIMIT),
    "loss": lambda value: type(value) is float and math.isfinite(value),
    "equivalence_class": _text(r"[ -~]{1,300}"),
}
