"""Snapshots of a run's arrays: chunks under the token of a version, and a manifest that says what they must be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import numpy as np

from grid.errors import BlobMissingError, BlobsFullError, GridError, StoreError, VersionLostError
from grid.store import chunks, json_object, keys, manifest, snapshot_scripts
from grid.store.base import StoreBase, check_token, run_key
from grid.store.manifest import ArrayEntry, Float32Array


class SnapshotStore(StoreBase):
    """Writes, reads and discards snapshots."""

    def write_snapshot(self, run: str, step: int, token: str, arrays: Mapping[str, Float32Array]) -> None:
        """Write the arrays of a version; nobody uses them until the snapshot is committed.

        Args:
            run: the run.
            step: the number of updates made.
            token: names the version.
            arrays: name -> float32 (count,).
        Raises:
            BlobsFullError: if the blob server has no room; nothing is left behind.
        """
        checked = manifest.check_arrays(arrays)
        arguments: list[str | int | float | bytes] = [check_token(token), step, plan_of(checked)]
        self._run_script(snapshot_scripts.REGISTER_SNAPSHOT, run, [], arguments)
        try:
            entries = self._write_chunks(run, token, checked, ttl_seconds=None)
            self.control.call("SET", keys.manifest(run, token), self._sealed_manifest(run, token, entries))
        except GridError:
            self.discard_snapshot(run, token)
            raise

    def commit_snapshot(self, run: str, step: int, token: str) -> bool:
        """Let the log lead on from a snapshot; what is older goes, but for the one before.

        Returns:
            True if it counts, also when called again; False if a newer one does or the run has ended, and then it is
            deleted.
        """
        reply = self._run_script(snapshot_scripts.COMMIT_SNAPSHOT, run, [], [check_token(token), step])
        for old in reply[1:]:
            self.discard_snapshot(run, old.decode("ascii", "replace"))
        if reply[0] != b"accepted":
            self.discard_snapshot(run, token)
        return bool(reply[0] == b"accepted")

    def read_array(self, run: str, token: str, name: str) -> Float32Array:
        """Return one array of a snapshot, (count,) float32; the digest of every chunk is checked.

        Raises:
            BlobMissingError: if the snapshot is gone: the reader is stale, and must read the header again.
            VersionLostError: if it is gone although it is the run's current one.
            BlobCorruptError: if a chunk was damaged.
            SealError: if no worker has sealed its manifest.
        """
        try:
            return self._read_array(run, check_token(token), name)
        except BlobMissingError as error:
            if self.header(run).snapshot != token:
                raise
            raise VersionLostError(
                f"run {run}: its parameters are gone from blob server {self.blobs.url}, which was restarted or "
                "emptied"
            ) from error

    def discard_snapshot(self, run: str, token: str) -> None:
        """Delete a snapshot, whole or half written. The one in use stays."""
        plan = self.control.call("HGET", keys.versions(run), check_token(token))
        outcome = self.control.run_script(snapshot_scripts.DROP_SNAPSHOT, [run_key(run)], [token])
        if outcome == b"accepted":
            prefix = keys.version(run, token)
            self.blobs.unlink(_planned_keys(run, token, plan) if plan is not None else self.blobs.keys_of(prefix))

    def _sealed_manifest(self, run: str, token: str, entries: Mapping[str, ArrayEntry]) -> bytes:
        what = _place(run, token)
        sealed = self.seals.seal(manifest.record(entries), context=what)
        return json_object.encode(sealed, what=what, limit_bytes=manifest.MANIFEST_LIMIT_BYTES)

    def _write_chunks(
        self, run: str, token: str, arrays: Mapping[str, Float32Array], *, ttl_seconds: int | None
    ) -> dict[str, ArrayEntry]:
        entries = {}
        try:
            for name, array in arrays.items():
                data = array.view(np.uint8).data
                digests = chunks.write(self.blobs, keys.blob(run, token, name), data, ttl_seconds=ttl_seconds)
                entries[name] = ArrayEntry(array.size, digests)
        except BlobsFullError:
            self.blobs.unlink(self.blobs.keys_of(keys.version(run, token)))
            raise
        return entries

    def _read_array(self, run: str, token: str, name: str) -> Float32Array:
        data = self.control.call("GET", keys.manifest(run, token))
        if data is None:
            raise BlobMissingError(f"run {run}: version {token} is gone; read the header again")
        what = _place(run, token)
        self.seals.check(json_object.decode(data, what=what, limit_bytes=manifest.MANIFEST_LIMIT_BYTES), context=what)
        entries = manifest.decode(data, what=what)
        if name not in entries:
            raise StoreError(f"run {run}: expected one of the arrays {sorted(entries)}, got {name[:40]!r}")
        array = np.empty(entries[name].count, np.float32)
        chunks.read(self.blobs, keys.blob(run, token, name), array.view(np.uint8).data, entries[name].digests)
        return array

    def _sweep(self, run: str, *, keep: str | None, means: Iterable[str] = ()) -> None:
        """Delete all that an ended run has on the blob server, but for the snapshot ``keep``.

        Args:
            run: the run.
            keep: token of the snapshot; ``None`` for none.
            means: what the keys of the encoded mean gradients begin with that stay, too.
        """
        kept = (*([keys.version(run, keep)] if keep else []), *means)
        found = [key for prefix in keys.blob_prefixes(run) for key in self.blobs.keys_of(prefix)]
        self.blobs.unlink([key for key in found if not key.startswith(kept)])
        for token in self.control.call("HGETALL", keys.versions(run))[::2]:
            if token.decode("ascii", "replace") != keep:
                self.control.run_script(snapshot_scripts.DROP_SNAPSHOT, [run_key(run)], [token])


def _place(run: str, token: str) -> str:
    return f"run {run}: manifest of version {token}"


def plan_of(arrays: Mapping[str, Float32Array]) -> str:
    """Return the number of chunks of each array as JSON, for the register of versions."""
    return json.dumps({name: chunks.count(array.nbytes) for name, array in arrays.items()})


def _planned_keys(run: str, token: str, plan: bytes) -> list[str]:
    what = f"run {run}: plan of version {token}"
    arrays = json_object.decode(plan, what=what, limit_bytes=manifest.MANIFEST_LIMIT_BYTES).get("arrays")
    found: list[str] = []
    for name, number in (arrays.items() if isinstance(arrays, dict) else ()):
        if type(number) is not int or not 0 <= number <= chunks.count(manifest.ITEM_BYTES * manifest.COUNT_LIMIT):
            raise StoreError(f"{what}: expected the number of chunks of {name[:40]}, got {str(number)[:40]}")
        found += chunks.chunk_keys(keys.blob(run, token, name), number)
    return found
