"""Gradients: the first one counts, what does not count is deleted, what is lost is asked for again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from grid.errors import BlobCorruptError, BlobMissingError, StoreError
from grid.store import Commit, Finished, Store, chunks
from grid.store.gradients import GRADIENT_TTL_SECONDS
from grid.store.payloads import Stored
from tests.step_moves import RECORD, commit, finished, tokens_held

Create = Callable[..., str]

NEVER_WRITTEN = Stored("0" * 16, 1, ["0" * 64])


@pytest.mark.parametrize("size", [0, 1, 100_000, chunks.CHUNK_BYTES, 2 * chunks.CHUNK_BYTES + 1])
def test_payloads_of_all_sizes_come_back(store: Store, create: Create, size: int) -> None:
    run, payload = create(), os.urandom(size)
    stored = store.put_gradient(run, 0, 1, payload)
    assert store.get_gradient(run, 0, 1, stored) == payload
    store.discard_gradients(run, 0, [(1, stored)])
    assert store.blobs.keys_of(f"run:{run}:gradient") == []


def test_an_unused_gradient_expires(store: Store, create: Create) -> None:
    run = create()
    store.put_gradient(run, 0, 1, bytes(5_000_000))
    lifetimes = [store.blobs.call("TTL", key) for key in store.blobs.keys_of(f"run:{run}:gradient")]
    assert len(lifetimes) == 2
    assert all(isinstance(left, int) and 0 < left <= GRADIENT_TTL_SECONDS for left in lifetimes)


def test_the_first_gradient_of_a_shard_counts_and_the_second_is_deleted(store: Store, create: Create) -> None:
    run = create()
    first, second = (finished(store, run, 0, 1, payload) for payload in (b"first", b"second"))
    assert commit(store, run, 0, first) is Commit.ACCEPTED
    assert commit(store, run, 0, second) is Commit.DUPLICATE
    assert store.committed(run, 0) == {1: {**RECORD, **first.stored.record(), "worker": store.seals.worker}}
    assert store.get_gradient(run, 0, 1, first.stored) == b"first"
    with pytest.raises(BlobMissingError):
        store.get_gradient(run, 0, 1, second.stored)


def test_a_commit_that_is_sent_again_is_accepted_again_and_its_bytes_counted_once(
    store: Store, create: Create
) -> None:
    run = create()
    one = finished(store, run, 0, 0, b"payload")
    for _ in range(3):
        assert commit(store, run, 0, one) is Commit.ACCEPTED
    assert store.get_gradient(run, 0, 0, one.stored) == b"payload"
    assert store.header(run).bytes_up == len(b"payload")


def test_several_shards_are_committed_at_once_and_each_has_its_own_outcome(store: Store, create: Create) -> None:
    run = create(shards=4)
    commit(store, run, 0, finished(store, run, 0, 1))
    several = [finished(store, run, 0, shard) for shard in (0, 1, 2)]
    claim = store.claim(run, 0, "host:2", lease_seconds=30.0, finished=several)
    assert claim.commits == [Commit.ACCEPTED, Commit.DUPLICATE, Commit.ACCEPTED]
    assert list(store.committed(run, 0)) == [0, 1, 2]
    assert several[1].stored.token not in tokens_held(store, run)["gradient"]


def test_bytes_are_added_up(store: Store, create: Create) -> None:
    run = create()
    store.claim(run, 0, "host:1", lease_seconds=30.0, down=2**40)
    commit(store, run, 0, finished(store, run, 0, 0, bytes(10)), down=5)
    commit(store, run, 0, finished(store, run, 0, 1, bytes(7)))
    assert (store.header(run).bytes_up, store.header(run).bytes_down) == (17, 2**40 + 5)


@pytest.mark.parametrize("step", [1, 7])
def test_a_gradient_of_another_step_is_stale_and_deleted(store: Store, create: Create, step: int) -> None:
    run = create()
    assert commit(store, run, step, finished(store, run, step, 0)) is Commit.STALE
    assert store.blobs.keys_of(f"run:{run}:gradient") == []


def test_a_gradient_for_a_run_that_does_not_run_is_stale(store: Store, create: Create) -> None:
    queued, cancelled = create(started=False), create()
    store.cancel(cancelled)
    for run in (queued, cancelled):
        assert commit(store, run, 0, finished(store, run, 0, 0)) is Commit.STALE


def test_many_workers_at_once_commit_one_gradient(store: Store, create: Create) -> None:
    run = create()
    outcomes: list[Commit] = []

    def work(number: int) -> None:
        outcomes.append(commit(store, run, 0, finished(store, run, 0, 0), worker=f"host:{number}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.value for outcome in outcomes) == ["accepted", *["duplicate"] * 7]
    assert tokens_held(store, run)["gradient"] == {store.committed(run, 0)[0]["token"]}


def test_committed_gradients_come_in_shard_order(store: Store, create: Create) -> None:
    run = create(shards=12)
    for shard in (10, 2, 11, 0, 9):
        commit(store, run, 0, finished(store, run, 0, shard, b"x"))
    assert list(store.committed(run, 0)) == [0, 2, 9, 10, 11]
    assert store.committed(run, 1) == {}


@pytest.mark.parametrize("shard", [2, 4096])
def test_a_shard_that_the_run_does_not_have_is_refused_with_all_beside_it(
    store: Store, create: Create, shard: int
) -> None:
    run = create()
    several = [finished(store, run, 0, 0), Finished(shard, NEVER_WRITTEN, RECORD)]
    with pytest.raises(StoreError, match=f"shard: expected one of the run's, got {shard}"):
        store.claim(run, 0, "host:1", lease_seconds=30.0, finished=several)
    assert store.committed(run, 0) == {}


def test_a_committed_gradient_that_is_gone_is_taken_back(store: Store, create: Create) -> None:
    run = create()
    one = finished(store, run, 0, 0)
    commit(store, run, 0, one)
    store.discard_gradients(run, 0, [(0, one.stored)])
    with pytest.raises(BlobMissingError, match="read the header again"):
        store.get_gradient(run, 0, 0, one.stored)
    assert store.committed(run, 0) == {}
    assert commit(store, run, 0, finished(store, run, 0, 0)) is Commit.ACCEPTED


@pytest.mark.parametrize("value", [b"", b"longer than before", b"damage!"])
def test_a_damaged_gradient_is_noticed_and_taken_back(store: Store, create: Create, value: bytes) -> None:
    run = create()
    one = finished(store, run, 0, 0)
    commit(store, run, 0, one)
    store.blobs.call("SET", f"run:{run}:gradient:0:0:{one.stored.token}:0", value)
    with pytest.raises(BlobCorruptError):
        store.get_gradient(run, 0, 0, one.stored)
    assert store.committed(run, 0) == {}


TOKEN, DIGEST = "0123456789abcdef", "0" * 64


@pytest.mark.parametrize("changes", [
    {"size": 1e9}, {"size": True}, {"size": -1}, {"size": None}, {"size": 99999999999999, "chunks": []},
    {"size": 10_000_000, "chunks": [DIGEST]}, {"chunks": None}, {"chunks": []}, {"chunks": ["a"]}, {"chunks": [1]},
    {"chunks": [DIGEST] * 2}, {"token": "*"}, {"token": 1}, {"token": None},
])
def test_a_hostile_payload_record_is_refused_before_memory_is_taken(
    store: Store, create: Create, changes: dict[str, object]
) -> None:
    run = create(shards=1)
    payload = {"token": TOKEN, "size": 7, "chunks": [DIGEST]}
    commit(store, run, 0, Finished(0, replace(NEVER_WRITTEN, token=TOKEN), RECORD))
    gathered = store.gather(run, 0, 1, "host:1", lease_seconds=30.0)
    hostile = replace(gathered, records={0: {**payload, **changes}})
    with pytest.raises(StoreError, match="shard 0: expected|token: expected"):
        hostile.stored(0)
    assert replace(gathered, records={0: payload}).stored(0) == Stored(TOKEN, 7, [DIGEST])


def test_reading_another_gradient_does_not_take_back_the_one_that_counts(store: Store, create: Create) -> None:
    run = create()
    commit(store, run, 0, finished(store, run, 0, 0))
    with pytest.raises(BlobMissingError):
        store.get_gradient(run, 0, 0, NEVER_WRITTEN)
    assert list(store.committed(run, 0)) == [0]


@pytest.mark.parametrize(("shard", "value"), [
    ("9", '{"token": "0123456789abcdef"}'), ("-1", "{}"), ("x", "{}"), ("01", "{}"), ("1", "[]"), ("1", "noise"),
    ("1", '{"token": "0123456789abcdef", "loss": NaN}'), ("1", "[" * 60_000), ("1", '{"a": "' + "x" * 70_000 + '"}'),
])
def test_a_hostile_record_is_taken_out_and_its_shard_computed_again(
    store: Store, create: Create, caplog: pytest.LogCaptureFixture, shard: str, value: str
) -> None:
    run = create()
    commit(store, run, 0, finished(store, run, 0, 0))
    store.control.call("HSET", f"run:{run}:done:0", shard, value)
    assert list(store.committed(run, 0)) == [0]
    assert "a record was refused, its shard is computed again" in caplog.text
    assert store.control.call("HKEYS", f"run:{run}:done:0") == [b"0"]
    assert commit(store, run, 0, finished(store, run, 0, 1)) is Commit.ACCEPTED


def test_hostile_records_are_taken_out_before_a_step_is_made_of_them(store: Store, create: Create) -> None:
    run = create()
    commit(store, run, 0, finished(store, run, 0, 0))
    for shard in ("1", "00", "2"):
        store.control.call("HSET", f"run:{run}:done:0", shard, "[]")
    assert store.gather(run, 0, 2, "host:1", lease_seconds=30.0).outcome != "granted"
    commit(store, run, 0, finished(store, run, 0, 1))
    assert list(store.gather(run, 0, 2, "host:1", lease_seconds=30.0).records) == [0, 1]


@pytest.mark.parametrize("record", [{"loss": float("nan")}, {"loss": float("inf")}, {"class": "x" * 70_000}])
def test_a_record_that_cannot_be_stored_is_refused(store: Store, create: Create, record: dict[str, object]) -> None:
    run = create()
    with pytest.raises(StoreError, match=f"run {run} step 0 shard 0: expected"):
        commit(store, run, 0, Finished(0, NEVER_WRITTEN, record))
    assert store.committed(run, 0) == {}
