"""Seals: codes on records, by which those who share a secret know which worker wrote one and that nobody changed it.

    key of a worker    HKDF-SHA256(secret, salt "nabe", info "worker " + id)              RFC 5869, one block
    seal of a record   HMAC-SHA256(key, context, a zero byte, the record as sorted JSON)  RFC 2104

The context names the place (run, step, shard), so that a record is worth nothing elsewhere. A record holds the digests
of its payload's chunks: a seal covers the payload too, at a cost that does not grow with it. Without a secret records
name their worker and nothing is checked.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from grid.errors import SealError

WORKER_LIMIT_CHARACTERS = 200
_SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class Seals:
    """Seals what one worker writes and checks what others have written.

    Attributes:
        worker: the id of this one.
    """

    def __init__(self, secret: bytes | None = None, worker: str = "") -> None:
        self.worker = worker
        self._secret = secret
        self._keys: dict[str, bytes] = {}

    @property
    def on(self) -> bool:
        """Whether there is a secret."""
        return self._secret is not None

    def seal(self, record: Mapping[str, Any], *, context: str) -> dict[str, Any]:
        """Return a record with the name of its worker and, with a secret, its seal."""
        named = {**record, "worker": self.worker}
        return {**named, "seal": self._code(named, context)} if self.on else named

    def check(self, record: Mapping[str, Any], *, context: str) -> None:
        """Return if a record is as its worker sealed it for this place, or if there is no secret.

        Raises:
            SealError: if it is not.
        """
        if not self.on:
            return
        worker, seal = record.get("worker"), record.get("seal")
        if not isinstance(worker, str) or len(worker) > WORKER_LIMIT_CHARACTERS or not isinstance(seal, str):
            raise SealError(f"{context}: expected a sealed record, got one without a seal; set GRID_SECRET everywhere")
        named = {name: value for name, value in record.items() if name != "seal"}
        if not hmac.compare_digest(self._code(named, context).encode(), seal.encode("utf-8", "replace")):
            raise SealError(f"{context}: the seal of worker {worker[:80]!r} does not fit: it is forged or damaged")

    def _code(self, record: Mapping[str, Any], context: str) -> str:
        text = _SORTED.encode(record).encode("ascii")
        return hmac.digest(self._key(str(record["worker"])), context.encode() + b"\0" + text, "sha256").hex()

    def _key(self, worker: str) -> bytes:
        assert self._secret is not None
        if worker not in self._keys:
            if len(self._keys) > 1000:
                self._keys.clear()
            self._keys[worker] = derived_key(self._secret, f"worker {worker}")
        return self._keys[worker]


def derived_key(secret: bytes, purpose: str) -> bytes:
    """Return 32 bytes that follow from a secret and a purpose, and tell nothing of either."""
    extracted = hmac.digest(b"nabe", secret, "sha256")
    return hmac.digest(extracted, purpose.encode("utf-8", "replace") + b"\x01", "sha256")


def secret_name(secret: bytes) -> str:
    """Return a name of a secret that may be known: those who share it find the same one."""
    return derived_key(secret, "name").hex()[:16]
