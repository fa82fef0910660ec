"""The log: what turns one version into the next, kept for as long as somebody may need it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import pytest

from grid.errors import BlobCorruptError, BlobMissingError, RunNotFoundError, StoreError
from grid.store import Store, chunks
from grid.store.log import parse_entry
from tests.step_moves import commit_entry, commit_shards, make_step, new_entry, take_snapshot, tokens_held

Create = Callable[..., str]


def steps_logged(store: Store, run: str) -> list[int]:
    return sorted(int(step) for step in store.control.call("HKEYS", f"run:{run}:log"))


@pytest.mark.parametrize("size", [0, 1, 100_000, 2 * chunks.CHUNK_BYTES + 1])
def test_encoded_means_of_all_sizes_come_back_and_do_not_expire(store: Store, create: Create, size: int) -> None:
    run, sent = create(), os.urandom(size)
    entry = new_entry(store, run, 0, sent=sent)
    assert store.get_mean(run, entry) == sent
    assert {store.blobs.call("TTL", key) for key in store.blobs.keys_of(f"run:{run}:mean:")} <= {-1}
    store.discard_mean(run, entry)
    assert store.blobs.keys_of(f"run:{run}:mean:") == []


def test_a_mean_that_is_gone_or_damaged_is_noticed(store: Store, create: Create) -> None:
    run = create()
    entry = new_entry(store, run, 0)
    store.blobs.call("SET", f"run:{run}:mean:0:{entry.token}:0", b"MEAN")
    with pytest.raises(BlobCorruptError, match="the digest does not fit"):
        store.get_mean(run, entry)
    store.discard_mean(run, entry)
    with pytest.raises(BlobMissingError):
        store.get_mean(run, entry)


def test_a_new_run_has_its_first_version_and_an_empty_log(store: Store, create: Create) -> None:
    run = create()
    version, header = store.version(run), store.header(run)
    assert (version.step, version.token, version.snapshot_step, version.entries) == (0, header.token, 0, [])
    assert version.snapshot == header.snapshot == header.token


def test_the_log_leads_from_the_first_version_to_the_current_one(store: Store, create: Create) -> None:
    run = create(steps=9)
    first = store.header(run).token
    entries = [make_step(store, run) for _ in range(4)]
    version = store.version(run)
    assert (version.step, version.token, version.snapshot) == (4, entries[-1].token, first)
    assert version.entries == entries
    assert [entry.before for entry in entries] == [first, *(entry.token for entry in entries[:-1])]
    assert all(store.get_mean(run, entry) == b"mean" for entry in version.entries)


@pytest.mark.parametrize(("have", "expected"), [(-1, [2, 3, 4]), (0, [0, 1, 2, 3, 4]), (3, [3, 4]), (4, [4])])
def test_a_worker_is_given_what_it_lacks_even_from_before_the_snapshot(
    store: Store, create: Create, have: int, expected: list[int]
) -> None:
    run = create(steps=9)
    entries = [make_step(store, run) for _ in range(5)]
    take_snapshot(store, run, entries[1])
    assert [entry.step for entry in store.version(run, have=have).entries] == expected


@pytest.mark.parametrize("have", [5, 9])
def test_a_worker_that_lacks_nothing_or_has_what_is_not_there_is_given_what_follows_the_snapshot(
    store: Store, create: Create, have: int
) -> None:
    run = create(steps=9)
    entries = [make_step(store, run) for _ in range(5)]
    take_snapshot(store, run, entries[3])
    assert [entry.step for entry in store.version(run, have=have).entries] == [4]


def test_entries_from_well_before_the_snapshot_leave_the_log_and_their_means_the_server(
    store: Store, create: Create
) -> None:
    # Given a log of ten steps
    run = create(steps=20)
    entries = [make_step(store, run) for _ in range(10)]
    assert steps_logged(store, run) == list(range(10))
    # When a snapshot is taken, and one more step made
    take_snapshot(store, run, entries[8])
    assert steps_logged(store, run) == list(range(10))
    entries.append(make_step(store, run))
    # Then four entries from before the snapshot are left, and all that follow
    assert steps_logged(store, run) == list(range(5, 11))
    assert tokens_held(store, run)["mean"] == {entry.token for entry in entries[5:]}
    # And a worker from before that is given what follows the snapshot
    assert store.version(run, have=3).entries == entries[9:]
    assert store.version(run, have=5).entries == entries[5:]


def test_means_of_appliers_that_died_before_their_commit_are_swept_away(store: Store, create: Create) -> None:
    # Given a mean that is in the log, two of dead appliers, and one of an applier that is still at it
    run = create(steps=9)
    orphans = [new_entry(store, run, 0, before="0" * 16), new_entry(store, run, 1, before="0" * 16)]
    logged = [make_step(store, run), make_step(store, run)]
    commit_shards(store, run, 2)
    current = new_entry(store, run, 2)
    assert tokens_held(store, run)["mean"] == {entry.token for entry in (*orphans, *logged, current)}
    # When it is swept
    store.sweep_log(run)
    # Then the dead ones' are gone, and the last one can commit
    assert tokens_held(store, run)["mean"] == {entry.token for entry in (*logged, current)}
    assert commit_entry(store, run, current).accepted
    assert store.get_mean(run, current) == b"mean"


def test_an_entry_comes_back_as_it_was(store: Store, create: Create) -> None:
    run = create()
    entry = new_entry(store, run, 0, sent=os.urandom(10))
    assert parse_entry(run, 0, store.encode_entry(run, entry)) == entry


@pytest.mark.parametrize("changes", [
    {"before": None}, {"before": "*"}, {"before": 1}, {"token": "0" * 15}, {"token": None}, {"fingerprint": -1},
    {"fingerprint": 2**32}, {"fingerprint": True}, {"fingerprint": "7"}, {"size": -1}, {"size": 1e3},
    {"size": 99_999_999_999_999}, {"chunks": []}, {"chunks": ["0" * 64] * 2}, {"chunks": ["../x"]}, {"chunks": None},
])
def test_a_hostile_entry_is_refused(store: Store, create: Create, changes: dict[str, object]) -> None:
    run = create()
    entry = make_step(store, run)
    record = {**entry.record(), **changes}
    store.control.call("HSET", f"run:{run}:log", 0, json.dumps(record))
    with pytest.raises(StoreError, match="expected"):
        store.version(run)


@pytest.mark.parametrize("value", ["", "null", "[]", "{", "[" * 60_000, '{"a": "' + "x" * 70_000 + '"}'])
def test_an_entry_that_is_not_an_object_is_refused(store: Store, create: Create, value: str) -> None:
    run = create()
    make_step(store, run)
    store.control.call("HSET", f"run:{run}:log", 0, value)
    with pytest.raises(StoreError, match=f"run {run}: log entry of step 0: expected"):
        store.version(run)


def test_a_run_that_is_not_there_has_no_log(store: Store) -> None:
    with pytest.raises(RunNotFoundError):
        store.version("0" * 12)
