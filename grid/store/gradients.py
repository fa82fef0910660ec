"""Gradients of a step: payloads on the blob server, and the record of which one counts for each shard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grid.errors import BlobCorruptError, BlobMissingError, BlobsFullError, StoreError
from grid.store import chunks, json_object, keys, scripts
from grid.store.base import StoreBase, as_list, check_token, commit_outcome, fresh_token, run_key
from grid.store.control_server import Part
from grid.store.manifest import MANIFEST_LIMIT_BYTES
from grid.store.records import Commit, encode_record, parse_shards
from grid.store.wire import Buffer, as_bytes

GRADIENT_TTL_SECONDS = 600
GRADIENT_LIMIT_BYTES = 16 * 1024**3


class GradientStore(StoreBase):
    """Writes, commits and reads gradients."""

    def put_gradient(self, run: str, step: int, shard: int, payload: Buffer) -> str:
        """Write a payload under a fresh token and return the token; it counts once it is committed.

        Raises:
            BlobsFullError: if the blob server has no room; nothing is left behind.
        """
        run_key(run)
        token = fresh_token()
        prefix = keys.gradient(run, step, shard, token)
        data = as_bytes(payload)
        try:
            digests = chunks.write(self.blobs, prefix, data, ttl_seconds=GRADIENT_TTL_SECONDS)
            manifest = json_object.encode(
                {"size": len(data), "chunks": digests}, what="gradient", limit_bytes=MANIFEST_LIMIT_BYTES
            )
            self.blobs.call("SET", keys.gradient_manifest(prefix), manifest, "EX", GRADIENT_TTL_SECONDS)
        except BlobsFullError:
            self.blobs.unlink(chunks.chunk_keys(prefix, chunks.count(len(data))))
            raise
        return token

    def get_gradient(self, run: str, step: int, shard: int, token: str) -> bytearray:
        """Return the payload of a committed gradient; the digest of every chunk is checked.

        A gradient that is gone or damaged is taken back if it still counts, so that the shard is computed again
        instead of holding up the step for ever.

        Raises:
            BlobMissingError: if it is gone.
            BlobCorruptError: if it was damaged.
        """
        try:
            return self._read_gradient(keys.gradient(run, step, shard, check_token(token)))
        except (BlobMissingError, BlobCorruptError):
            self.control.run_script(scripts.WITHDRAW_GRADIENT, [run_key(run)], [step, shard, token])
            raise

    def discard_gradient(self, run: str, step: int, shard: int, token: str) -> None:
        """Delete a payload."""
        prefix = keys.gradient(run, step, shard, check_token(token))
        try:
            size, _ = self._gradient_manifest(prefix)
        except BlobMissingError:
            return
        self.blobs.unlink([*chunks.chunk_keys(prefix, chunks.count(size)), keys.gradient_manifest(prefix)])

    def commit_gradient(self, run: str, step: int, shard: int, token: str, record: Mapping[str, Any]) -> Commit:
        """Let a gradient count for its shard unless another one does already; one that does not is deleted.

        Args:
            run, step, shard: what it is for.
            token: names the payload.
            record: what is to be known of it without reading it; the token is added.
        Returns:
            ``ACCEPTED``, also when called again; ``DUPLICATE`` if another gradient counts; ``STALE`` if the run is not
            at this step any more.
        """
        data = encode_record({**record, "token": check_token(token)}, what=f"run {run} step {step} shard {shard}")
        arguments: list[Part] = ["gradient", step, shard, data, "shards", "done"]
        outcome = commit_outcome(self._run_script(scripts.COMMIT_SHARD, run, [], arguments), shard)
        if outcome is not Commit.ACCEPTED:
            self.discard_gradient(run, step, shard, token)
        return outcome

    def committed(self, run: str, step: int) -> dict[int, dict[str, Any]]:
        """Return the records of the gradients that count for a step, by shard in shard order."""
        shards = self.header(run).shards
        reply = as_list(self.control.execute("HGETALL", keys.done(run, step)))
        found = parse_shards(reply, shards=shards, what=f"run {run} step {step}")
        for shard, record in found.items():
            if not isinstance(record.get("token"), str):
                raise StoreError(f"run {run} step {step} shard {shard}: expected a token in its record, got none")
            check_token(record["token"])
        return found

    def _read_gradient(self, prefix: str) -> bytearray:
        size, digests = self._gradient_manifest(prefix)
        payload = bytearray(size)
        chunks.read(self.blobs, prefix, memoryview(payload), digests)
        return payload

    def _gradient_manifest(self, prefix: str) -> tuple[int, list[str]]:
        data = self.blobs.call("GET", keys.gradient_manifest(prefix))
        if not isinstance(data, bytes):
            raise BlobMissingError(f"{prefix}: gone; another worker has applied it, or it was not used for 10 minutes")
        try:
            values = json_object.decode(data, what=prefix, limit_bytes=MANIFEST_LIMIT_BYTES)
            size = values.get("size")
            if type(size) is not int or not 0 <= size <= GRADIENT_LIMIT_BYTES:
                raise StoreError(f"{prefix}: expected a size in bytes, got {str(size)[:40]}")
            return size, chunks.check_digests(values.get("chunks"), size_bytes=size, what=prefix)
        except StoreError as error:
            raise BlobCorruptError(f"manifest of {error}") from error
