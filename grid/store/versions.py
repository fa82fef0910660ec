"""Versions of a run's arrays: immutable chunks under a fresh token, and a manifest that says what they must be."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from grid.errors import BlobMissingError, BlobsFullError, GridError, StoreError, VersionLostError
from grid.store import chunks, json_object, keys, manifest, scripts
from grid.store.base import StoreBase, as_list, check_token, fresh_token, run_key
from grid.store.manifest import ArrayEntry, Float32Array


class VersionStore(StoreBase):
    """Writes, reads and discards versions."""

    def write_version(self, run: str, arrays: Mapping[str, Float32Array]) -> str:
        """Write arrays as a new version, which nobody uses until a step is committed with its token.

        Args:
            run: the run.
            arrays: name -> float32 (count,).
        Returns:
            The token of the version.
        Raises:
            BlobsFullError: if the blob server has no room; nothing is left behind.
        """
        checked = manifest.check_arrays(arrays)
        token = fresh_token()
        self._run_script(scripts.REGISTER_VERSION, run, [], [token, plan_of(checked)])
        try:
            entries = self._write_chunks(run, token, checked, ttl_seconds=None)
            self.control.execute("SET", keys.manifest(run, token), manifest.encode(entries))
        except GridError:
            self.discard_version(run, token)
            raise
        return token

    def read_array(self, run: str, token: str, name: str) -> Float32Array:
        """Return one array of a version, (count,) float32; the digest of every chunk is checked.

        Raises:
            BlobMissingError: if the version is gone: the reader is stale, and must read the header again.
            VersionLostError: if it is gone although it is the run's current one; the run cannot go on.
            BlobCorruptError: if a chunk was damaged.
        """
        try:
            return self._read_array(run, check_token(token), name)
        except BlobMissingError as error:
            if self.header(run).token != token:
                raise
            raise VersionLostError(
                f"run {run}: its parameters are gone from blob server {self.blobs.url}, which was restarted or "
                "emptied; submit the job again"
            ) from error

    def discard_version(self, run: str, token: str) -> None:
        """Delete a version, whole or half written. The current version stays."""
        plan = self.control.execute("HGET", keys.versions(run), check_token(token))
        outcome = self.control.run_script(scripts.DROP_VERSION, [run_key(run)], [token])
        if outcome == b"accepted" and plan is not None:
            self.blobs.unlink(_planned_keys(run, token, plan))

    def previous(self, run: str) -> str | None:
        """Return the token of the version before the current one, which is kept for slow readers."""
        return self.header(run).previous

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
        data = self.control.execute("GET", keys.manifest(run, token))
        if data is None:
            raise BlobMissingError(f"run {run}: version {token} is gone; read the header again")
        entries = manifest.decode(data, what=f"run {run}: manifest of version {token}")
        if name not in entries:
            raise StoreError(f"run {run}: expected one of the arrays {sorted(entries)}, got {name[:40]!r}")
        array = np.empty(entries[name].count, np.float32)
        chunks.read(self.blobs, keys.blob(run, token, name), array.view(np.uint8).data, entries[name].digests)
        return array

    def _sweep(self, run: str, *, keep: str | None) -> None:
        """Delete all chunks and gradients of an ended run but those of the version ``keep``."""
        kept = keys.version(run, keep) if keep else None
        found = [key for prefix in keys.blob_prefixes(run) for key in self.blobs.keys_of(prefix)]
        self.blobs.unlink([key for key in found if kept is None or not key.startswith(kept)])
        for token in as_list(self.control.execute("HGETALL", keys.versions(run)))[::2]:
            if token.decode("ascii", "replace") != keep:
                self.control.run_script(scripts.DROP_VERSION, [run_key(run)], [token])


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
