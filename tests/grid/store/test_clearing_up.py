"""What steps leave behind: nothing that grows, nothing that hinders a later one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from grid.errors import GridError
from grid.store import Store
from grid.store.steps import StepStore
from tests.grid.processes import wait_until
from tests.step_moves import (
    LEASE_SECONDS,
    commit,
    commit_entry,
    commit_shards,
    finished,
    make_step,
    new_entry,
    take_snapshot,
    tokens_held,
)

Create = Callable[..., str]


def test_fifty_steps_hold_two_snapshots_a_short_log_no_old_gradients_and_flat_memory(
    store: Store, create: Create
) -> None:
    # Given a run whose every step writes 1 MB of gradients and 0.2 MB of mean, some of it twice, and every fifth step a
    # snapshot of 2 MB
    run = create(steps=60)
    arrays = {name: np.zeros(250_000, np.float32) for name in ("parameters", "optimizer")}
    payload, sent = bytes(500_000), bytes(100_000)

    def step_with_duplicates(step: int) -> None:
        for shard in (0, 0, 1):
            commit(store, run, step, finished(store, run, step, shard, payload))
        gathered = store.gather(run, step, 2, "host:1", lease_seconds=LEASE_SECONDS)
        first, second = (new_entry(store, run, step, sent=sent) for _ in range(2))
        assert commit_entry(store, run, first).accepted
        assert not commit_entry(store, run, second).accepted
        store.clear_step(run, step, gathered)
        if (step + 1) % 5 == 0:
            store.write_snapshot(run, step + 1, first.token, arrays)
            assert store.commit_snapshot(run, step + 1, first.token)

    def blob_bytes() -> int:
        reply = store.blobs.call("INFO", "memory")
        assert isinstance(reply, bytes)
        return int(dict(line.split(":", 1) for line in reply.decode().split() if ":" in line)["used_memory_dataset"])

    # When it has made ten steps, and fifty, its memory is that of two snapshots and a log of up to ten entries; one
    # snapshot more would be 2 MB. The server frees in the background, so it is waited for.
    before = blob_bytes()
    for step in range(10):
        step_with_duplicates(step)
    wait_until(lambda: blob_bytes() < before + 6_000_000)
    for step in range(10, 50):
        step_with_duplicates(step)
    wait_until(lambda: blob_bytes() < before + 6_000_000)
    # Then the blob server holds two snapshots, the means that the log names, and no gradients
    header, version = store.header(run), store.version(run, have=41)
    assert (header.step, header.snapshot_step) == (50, 50)
    assert len(store.history(run)) == 50
    assert tokens_held(store, run)["blob"] == {header.snapshot, version.entries[44 - 41].token}
    assert tokens_held(store, run)["mean"] == {entry.token for entry in version.entries}
    assert store.blobs.keys_of(f"run:{run}:gradient") == []
    # And the control server holds nothing of old steps
    for working in ("done", "leases"):
        assert store.control.call("KEYS", f"run:{run}:{working}:*") == []
    assert store.control.call("HLEN", f"run:{run}:versions") == 2
    assert len(store.control.call("KEYS", f"run:{run}:manifest:*")) == 2
    store.cancel(run)


def test_gradients_that_a_dead_winner_left_behind_expire(store: Store, create: Create) -> None:
    # Given winners that are killed between the compare-and-set and the clearing up
    run = create(steps=9)
    for step in range(3):
        commit_shards(store, run, step)
        assert commit_entry(store, run, new_entry(store, run, step)).accepted
    # When the run goes on
    make_step(store, run)
    # Then what nobody can find any more goes by itself
    left = store.blobs.keys_of(f"run:{run}:gradient")
    assert len(left) == 6
    assert all(int(str(store.blobs.call("TTL", key))) > 0 for key in left)


def test_trouble_with_clearing_up_does_not_undo_what_was_decided(
    store: Store, create: Create, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*given: object, **named: object) -> None:
        raise GridError("blob server away")

    run = create(steps=20)
    for _ in range(9):
        entry = make_step(store, run)
    take_snapshot(store, run, entry)
    commit_shards(store, run, 9)
    gathered = store.gather(run, 9, 2, "host:1", lease_seconds=LEASE_SECONDS)
    entry = new_entry(store, run, 9)
    for method in ("discard_mean", "discard_gradients", "_sweep"):
        monkeypatch.setattr(StepStore, method, away)
    calls: list[Callable[[], object]] = [
        lambda: commit_entry(store, run, entry), lambda: store.clear_step(run, 9, gathered), lambda: store.cancel(run),
    ]  # fmt: skip
    for call in calls:
        caplog.clear()
        call()
        assert f"run {run}: could not clear up: blob server away" in caplog.text
    assert store.header(run).state == "cancelled"
    assert store.header(run).token == entry.token
