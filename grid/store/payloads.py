"""Encoded vectors on the blob server: chunks under a fresh key, and a small record of what they must be.

The record travels with whatever refers to the payload on the control server, so that one reading of it suffices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grid.errors import StoreError
from grid.store import chunks
from grid.store.base import StoreBase, check_token
from grid.store.wire import Buffer, as_bytes

PAYLOAD_LIMIT_BYTES = 16 * 1024**3


@dataclass(frozen=True)
class Stored:
    """A payload on the blob server.

    Attributes:
        token: names it, 16 hexadecimal digits.
        size: in bytes.
        digests: SHA-256 of its chunks.
    """

    token: str
    size: int
    digests: list[str]

    def record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"token": self.token, "size": self.size, "chunks": self.digests}


def parse_stored(record: Mapping[str, Any], *, what: str) -> Stored:
    """Return the payload that an untrusted record names.

    Raises:
        StoreError: if a field is missing or malformed.
    """
    token, size = record.get("token"), record.get("size")
    if not isinstance(token, str):
        raise StoreError(f"{what}: expected a token in its record, got {str(token)[:40]}")
    if type(size) is not int or not 0 <= size <= PAYLOAD_LIMIT_BYTES:
        raise StoreError(f"{what}: expected a size in bytes, got {str(size)[:40]}")
    return Stored(check_token(token), size, chunks.check_digests(record.get("chunks"), size_bytes=size, what=what))


class PayloadStore(StoreBase):
    """Writes, reads and deletes payloads."""

    def _put(self, payloads: Sequence[tuple[str, str, Buffer]], *, ttl_seconds: int | None) -> list[Stored]:
        """Write payloads, each given as a prefix that nobody has used before, its token and the bytes.

        Raises:
            BlobsFullError: if the blob server has no room; nothing is left behind.
        """
        values = [(prefix, as_bytes(payload)) for prefix, _, payload in payloads]
        digests = chunks.write_several(self.blobs, values, ttl_seconds=ttl_seconds)
        named = zip(payloads, values, digests, strict=True)
        return [Stored(token, len(data), found) for (_, token, _), (_, data), found in named]

    def _get(self, payloads: Sequence[tuple[str, Stored]]) -> list[bytearray]:
        """Return payloads, each given as prefix and record; the digest of every chunk is checked.

        Raises:
            BlobMissingError: if one is gone.
            BlobCorruptError: if one was damaged.
        """
        found = [bytearray(stored.size) for _, stored in payloads]
        targets = zip(payloads, found, strict=True)
        chunks.read_several(
            self.blobs, [(prefix, memoryview(data), stored.digests) for (prefix, stored), data in targets]
        )
        return found


def payload_keys(prefix: str, stored: Stored) -> list[str]:
    """Return the keys of a payload's chunks."""
    return chunks.chunk_keys(prefix, chunks.count(stored.size))
