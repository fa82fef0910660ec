"""Making steps: once each, nothing superfluous kept, nothing lost when somebody dies halfway."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from grid.errors import RunNotFoundError, StoreError
from grid.store import Commit, LogEntry, Store
from tests.step_moves import (
    ARRAYS,
    LEASE_SECONDS,
    RECORD,
    commit,
    commit_entry,
    commit_shards,
    finished,
    make_step,
    new_entry,
    tokens_held,
)

Create = Callable[..., str]


def test_a_step_makes_its_version_the_current_one(store: Store, create: Create) -> None:
    run = create()
    before = store.header(run).token
    entry = make_step(store, run)
    header = store.header(run)
    assert (header.step, header.phase, header.token) == (1, "gradient", entry.token)
    assert (header.snapshot, header.snapshot_step) == (before, 0)
    assert store.version(run).entries == [entry]
    assert store.history(run) == [{"kind": "step", "step": 1}]
    assert store.committed(run, 0) == {}


def test_what_was_committed_is_gathered_by_one_worker_at_a_time(store: Store, create: Create) -> None:
    run = create()
    commit(store, run, 0, finished(store, run, 0, 1))
    assert store.gather(run, 0, 2, "host:1", lease_seconds=LEASE_SECONDS).outcome == "early"
    commit(store, run, 0, finished(store, run, 0, 0))
    # Given a worker that dies at once
    first = store.gather(run, 0, 2, "host:1", lease_seconds=0.0)
    # When another takes over
    second = store.gather(run, 0, 2, "host:2", lease_seconds=LEASE_SECONDS)
    # Then it gets the same, also when it asks again, and nobody else does
    assert (second.outcome, second.token, second.entry) == ("granted", store.header(run).token, b"")
    assert second == first == store.gather(run, 0, 2, "host:2", lease_seconds=LEASE_SECONDS)
    assert list(second.records) == [0, 1]
    assert all(record.items() >= RECORD.items() for record in second.records.values())
    assert store.get_gradient(run, 0, 1, second.stored(1)) == b"payload"
    assert store.gather(run, 0, 2, "host:1", lease_seconds=LEASE_SECONDS).outcome == "taken"
    assert set(store.leases(run, 0)) == {"apply"}


def test_only_the_current_step_of_a_running_run_is_gathered(store: Store, create: Create) -> None:
    queued, made, cancelled, evaluated = create(started=False), create(), create(), create()
    make_step(store, made)
    store.cancel(cancelled)
    make_step(store, evaluated, evaluate=True)
    for run, step in ((queued, 0), (made, 0), (made, 2), (cancelled, 0), (evaluated, 1)):
        assert store.gather(run, step, 2, "host:1", lease_seconds=LEASE_SECONDS).outcome == "stale"
    with pytest.raises(RunNotFoundError):
        store.gather("0" * 12, 0, 2, "host:1", lease_seconds=LEASE_SECONDS)


def test_a_step_with_missing_shards_is_not_made(store: Store, create: Create) -> None:
    run = create()
    commit(store, run, 0, finished(store, run, 0, 0))
    assert not commit_entry(store, run, new_entry(store, run, 0)).accepted
    assert store.header(run).step == 0
    assert store.history(run) == []
    assert tokens_held(store, run)["mean"] == set()


def test_a_step_that_is_sent_again_is_made_once(store: Store, create: Create) -> None:
    run = create()
    first = make_step(store, run)
    assert commit_entry(store, run, first).accepted
    second = make_step(store, run)
    # The reply of the first one was lost for so long that the next step has been made.
    assert commit_entry(store, run, first).accepted
    assert store.header(run).token == second.token
    assert store.history(run) == [{"kind": "step", "step": 1}, {"kind": "step", "step": 2}]
    assert store.get_mean(run, first) == b"mean"


def test_the_bytes_of_a_step_that_is_sent_again_are_counted_once(store: Store, create: Create) -> None:
    run = create()
    commit_shards(store, run, 0)
    before = store.header(run)
    entry = new_entry(store, run, 0)
    for _ in range(3):
        assert store.commit_step(run, entry, {}, evaluate=False, up=10, down=2**40).accepted
    after = store.header(run)
    assert (after.bytes_up - before.bytes_up, after.bytes_down - before.bytes_down) == (10, 2**40)


def test_of_two_appliers_one_wins_and_the_others_mean_is_deleted(store: Store, create: Create) -> None:
    run = create()
    commit_shards(store, run, 0)
    entries = [new_entry(store, run, 0) for _ in range(6)]
    won: list[LogEntry] = []

    def work(entry: LogEntry) -> None:
        if commit_entry(store, run, entry).accepted:
            won.append(entry)

    threads = [threading.Thread(target=work, args=(entry,)) for entry in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.version(run).entries == won
    assert store.header(run).token == won[0].token
    assert store.history(run) == [{"kind": "step", "step": 1}]
    assert tokens_held(store, run)["mean"] == {won[0].token}


def test_a_losers_snapshot_is_deleted_with_its_mean(store: Store, create: Create) -> None:
    run = create(steps=1)
    commit_shards(store, run, 0)
    first = store.header(run).snapshot
    winner, loser = new_entry(store, run, 0), new_entry(store, run, 0)
    store.write_snapshot(run, 1, loser.token, ARRAYS)
    assert commit_entry(store, run, winner, evaluate=True, snapshot=True).accepted
    assert not store.commit_step(run, loser, {}, evaluate=True, snapshot=True).accepted
    assert tokens_held(store, run)["blob"] == {first, winner.token}
    assert tokens_held(store, run)["mean"] == {winner.token}


def test_a_step_that_does_not_follow_on_the_current_version_is_not_made(store: Store, create: Create) -> None:
    run = create()
    commit_shards(store, run, 0)
    assert not commit_entry(store, run, new_entry(store, run, 0, before="0" * 16)).accepted
    assert not commit_entry(store, run, new_entry(store, run, 1)).accepted
    assert store.header(run).step == 0
    assert tokens_held(store, run)["mean"] == set()


def test_a_step_whose_snapshot_was_not_written_is_not_made(store: Store, create: Create) -> None:
    run = create()
    commit_shards(store, run, 0)
    entry = new_entry(store, run, 0)
    assert not store.commit_step(run, entry, {}, evaluate=False, snapshot=True).accepted
    discarded = new_entry(store, run, 0)
    store.write_snapshot(run, 1, discarded.token, ARRAYS)
    store.discard_snapshot(run, discarded.token)
    assert not store.commit_step(run, discarded, {}, evaluate=False, snapshot=True).accepted
    assert store.header(run).step == 0


def test_a_step_with_a_snapshot_needs_no_log_before_it(store: Store, create: Create) -> None:
    run = create()
    entry = make_step(store, run, snapshot=True)
    version = store.version(run)
    assert (version.snapshot, version.snapshot_step, version.entries) == (entry.token, 1, [])
    assert store.read_array(run, entry.token, "parameters").size == 8


@pytest.mark.parametrize("evaluate", [False, True])
def test_the_last_step_finishes_the_run_at_once_or_after_its_evaluation(
    store: Store, create: Create, evaluate: bool
) -> None:
    run = create(steps=2)
    first = make_step(store, run)
    commit_shards(store, run, 1)
    entry = new_entry(store, run, 1)
    assert commit_entry(store, run, entry, evaluate=evaluate, snapshot=True).ended == (not evaluate)
    if evaluate:
        assert store.header(run).state == "running"
        for shard in range(2):
            store.commit_evaluation(run, 2, shard, {"correct": 1})
        assert store.conclude_evaluation(run, 2, {"kind": "evaluation"})
    header = store.header(run)
    assert (header.state, header.step, header.token, header.snapshot) == ("finished", 2, entry.token, entry.token)
    assert header.finished is not None
    assert run not in store.active_runs()
    assert tokens_held(store, run)["blob"] == {entry.token}
    assert tokens_held(store, run)["mean"] == {first.token, entry.token}
    assert commit_entry(store, run, entry, evaluate=evaluate).ended, "sent again, it says so again"


def test_an_evaluation_comes_before_the_next_step(store: Store, create: Create) -> None:
    run = create(steps=2)
    make_step(store, run, evaluate=True)
    assert store.header(run).phase == "evaluate"
    assert commit(store, run, 1, finished(store, run, 1, 0)) is Commit.STALE


def test_a_step_tells_how_many_workers_live(store: Store, create: Create) -> None:
    run = create(steps=9)
    commit_shards(store, run, 0)
    workers = [f"width:{number}" for number in range(3)]
    for worker in workers:
        store.heartbeat(worker, {"worker": worker})
    try:
        assert commit_entry(store, run, new_entry(store, run, 0)).workers == 3
    finally:
        for worker in workers:
            store.forget_worker(worker)
    commit_shards(store, run, 1)
    assert commit_entry(store, run, new_entry(store, run, 1)).workers == 0


def test_a_record_that_cannot_be_stored_makes_no_step(store: Store, create: Create) -> None:
    run = create()
    commit_shards(store, run, 0)
    with pytest.raises(StoreError, match="expected values that JSON can hold"):
        store.commit_step(run, new_entry(store, run, 0), {"loss": float("nan")}, evaluate=False)
    assert store.header(run).step == 0
