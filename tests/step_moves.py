"""What workers do to the store in a step, for tests that want a run in some state without computing anything."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import numpy as np

from grid.store import Commit, Finished, LogEntry, Store
from grid.store.steps import Made

RECORD: dict[str, Any] = {"loss": 1.5, "examples": 32, "class": "numpy/2.4"}
ARRAYS = {"parameters": np.arange(8, dtype=np.float32), "optimizer": np.zeros(8, np.float32)}
LEASE_SECONDS = 30.0


def finished(
    store: Store, run: str, step: int, shard: int,
    payload: bytes = b"payload", record: Mapping[str, Any] = RECORD,
) -> Finished:  # fmt: skip
    """Write a shard's payload, which is not committed yet."""
    return Finished(shard, store.put_gradient(run, step, shard, payload), record)


def commit(store: Store, run: str, step: int, one: Finished, worker: str = "host:1", down: int = 0) -> Commit:
    """Commit a shard, and let go of what is granted with it."""
    claim = store.claim(run, step, worker, lease_seconds=LEASE_SECONDS, down=down, finished=[one])
    for lease in claim.leases:
        store.release_lease(run, step, lease)
    (outcome,) = claim.commits
    return outcome


def commit_shards(store: Store, run: str, step: int, record: Mapping[str, Any] = RECORD) -> None:
    """Commit all shards of a step."""
    for shard in range(store.header(run).shards):
        payload = b"payload %d" % shard
        assert commit(store, run, step, finished(store, run, step, shard, payload, record)) is Commit.ACCEPTED


def new_entry(store: Store, run: str, step: int, *, before: str | None = None, sent: bytes = b"mean") -> LogEntry:
    """Write an encoded mean gradient and return the log entry for it; it follows on the current version."""
    token = secrets.token_hex(8)
    stored = store.put_mean(run, step, token, sent)
    return LogEntry(step, before or store.header(run).token, token, stored, fingerprint=7)


def commit_entry(store: Store, run: str, entry: LogEntry, *, evaluate: bool = False, snapshot: bool = False) -> Made:
    """Commit a step, with a snapshot if it is to have one."""
    if snapshot:
        store.write_snapshot(run, entry.step + 1, entry.token, ARRAYS)
    record = {"kind": "step", "step": entry.step + 1}
    return store.commit_step(run, entry, record, evaluate=evaluate, snapshot=snapshot)


def make_step(store: Store, run: str, *, evaluate: bool = False, snapshot: bool = False) -> LogEntry:
    """Make the run's next step from nothing: gradients, log entry, commit, clearing up."""
    header = store.header(run)
    commit_shards(store, run, header.step)
    gathered = store.gather(run, header.step, header.shards, "host:1", lease_seconds=LEASE_SECONDS)
    assert gathered.outcome == "granted"
    entry = new_entry(store, run, header.step)
    assert commit_entry(store, run, entry, evaluate=evaluate, snapshot=snapshot).accepted
    store.clear_step(run, header.step, gathered)
    return entry


def take_snapshot(store: Store, run: str, entry: LogEntry) -> bool:
    """Write and commit the snapshot of the version that an entry made."""
    store.write_snapshot(run, entry.step + 1, entry.token, ARRAYS)
    return store.commit_snapshot(run, entry.step + 1, entry.token)


def tokens_held(store: Store, run: str) -> dict[str, set[str]]:
    """Return the tokens of what the blob server holds of a run: of snapshots (``blob``), ``mean`` and ``gradient``."""
    found: dict[str, set[str]] = {"blob": set(), "mean": set(), "gradient": set()}
    for key in store.blobs.keys_of(f"run:{run}:"):
        parts = key.split(":")
        found[parts[2]].add(parts[{"blob": 3, "mean": 4, "gradient": 5}[parts[2]]])
    return found
