"""Gradients: the first one counts, what does not count is deleted, what is lost is asked for again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from grid.errors import BlobCorruptError, BlobMissingError, StoreError
from grid.store import Commit, Store, chunks
from grid.store.gradients import GRADIENT_TTL_SECONDS

Create = Callable[..., str]

RECORD = {"loss": 1.5, "examples": 32, "class": "numpy/2.4"}


@pytest.mark.parametrize("size", [0, 1, 100_000, chunks.CHUNK_BYTES, 2 * chunks.CHUNK_BYTES + 1])
def test_payloads_of_all_sizes_come_back(store: Store, create: Create, size: int) -> None:
    run, payload = create(), os.urandom(size)
    token = store.put_gradient(run, 0, 1, payload)
    assert store.get_gradient(run, 0, 1, token) == payload
    store.discard_gradient(run, 0, 1, token)
    assert store.blobs.keys_of(f"run:{run}:gradient") == []


def test_an_unused_gradient_expires(store: Store, create: Create) -> None:
    run = create()
    store.put_gradient(run, 0, 1, bytes(5_000_000))
    lifetimes = [store.blobs.call("TTL", key) for key in store.blobs.keys_of(f"run:{run}:gradient")]
    assert len(lifetimes) == 3
    assert all(isinstance(left, int) and 0 < left <= GRADIENT_TTL_SECONDS for left in lifetimes)


def test_the_first_gradient_of_a_shard_counts_and_the_second_is_deleted(store: Store, create: Create) -> None:
    run = create()
    first, second = (store.put_gradient(run, 0, 1, payload) for payload in (b"first", b"second"))
    assert store.commit_gradient(run, 0, 1, first, RECORD) is Commit.ACCEPTED
    assert store.commit_gradient(run, 0, 1, second, RECORD) is Commit.DUPLICATE
    assert store.committed(run, 0) == {1: {**RECORD, "token": first}}
    assert store.get_gradient(run, 0, 1, first) == b"first"
    with pytest.raises(BlobMissingError):
        store.get_gradient(run, 0, 1, second)


def test_a_commit_that_is_sent_again_is_accepted_again(store: Store, create: Create) -> None:
    run = create()
    token = store.put_gradient(run, 0, 0, b"payload")
    for _ in range(3):
        assert store.commit_gradient(run, 0, 0, token, RECORD) is Commit.ACCEPTED
    assert store.get_gradient(run, 0, 0, token) == b"payload"


@pytest.mark.parametrize("step", [1, 7])
def test_a_gradient_of_another_step_is_stale_and_deleted(store: Store, create: Create, step: int) -> None:
    run = create()
    token = store.put_gradient(run, step, 0, b"payload")
    assert store.commit_gradient(run, step, 0, token, RECORD) is Commit.STALE
    assert store.blobs.keys_of(f"run:{run}:gradient") == []


def test_a_gradient_for_a_run_that_does_not_run_is_stale(store: Store, create: Create) -> None:
    queued, cancelled = create(started=False), create()
    store.cancel(cancelled)
    for run in (queued, cancelled):
        token = store.put_gradient(run, 0, 0, b"payload")
        assert store.commit_gradient(run, 0, 0, token, RECORD) is Commit.STALE


def test_many_workers_at_once_commit_one_gradient(store: Store, create: Create) -> None:
    run = create()
    outcomes: list[Commit] = []

    def work() -> None:
        token = store.put_gradient(run, 0, 0, b"payload")
        outcomes.append(store.commit_gradient(run, 0, 0, token, RECORD))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.value for outcome in outcomes) == ["accepted", *["duplicate"] * 7]
    assert len(store.blobs.keys_of(f"run:{run}:gradient")) == 2


def test_committed_gradients_come_in_shard_order(store: Store, create: Create) -> None:
    run = create(shards=12)
    for shard in (10, 2, 11, 0, 9):
        store.commit_gradient(run, 0, shard, store.put_gradient(run, 0, shard, b"x"), RECORD)
    assert list(store.committed(run, 0)) == [0, 2, 9, 10, 11]
    assert store.committed(run, 1) == {}


@pytest.mark.parametrize("shard", [2, 4096])
def test_a_shard_that_the_run_does_not_have_is_refused(store: Store, create: Create, shard: int) -> None:
    run = create()
    with pytest.raises(StoreError, match=f"shard: expected one of the run's, got {shard}"):
        store.commit_gradient(run, 0, shard, "0" * 16, RECORD)


def test_a_committed_gradient_that_is_gone_is_taken_back(store: Store, create: Create) -> None:
    run = create()
    token = store.put_gradient(run, 0, 0, b"payload")
    store.commit_gradient(run, 0, 0, token, RECORD)
    store.discard_gradient(run, 0, 0, token)
    with pytest.raises(BlobMissingError, match="gone"):
        store.get_gradient(run, 0, 0, token)
    assert store.committed(run, 0) == {}
    again = store.put_gradient(run, 0, 0, b"payload")
    assert store.commit_gradient(run, 0, 0, again, RECORD) is Commit.ACCEPTED


@pytest.mark.parametrize("value", [b"", b"longer than before", b"damage!"])
def test_a_damaged_gradient_is_noticed_and_taken_back(store: Store, create: Create, value: bytes) -> None:
    run = create()
    token = store.put_gradient(run, 0, 0, b"payload")
    store.commit_gradient(run, 0, 0, token, RECORD)
    store.blobs.call("SET", f"run:{run}:gradient:0:0:{token}:0", value)
    with pytest.raises(BlobCorruptError):
        store.get_gradient(run, 0, 0, token)
    assert store.committed(run, 0) == {}


@pytest.mark.parametrize("value", [
    "", "null", '{"size": 1e9, "chunks": []}', '{"size": true, "chunks": []}', '{"size": -1, "chunks": []}',
    '{"size": 99999999999999, "chunks": []}', '{"size": 10000000, "chunks": ["a"]}', "[" * 9999,
])
def test_a_hostile_manifest_is_refused_before_memory_is_taken(store: Store, create: Create, value: str) -> None:
    run = create()
    token = store.put_gradient(run, 0, 0, b"payload")
    store.blobs.call("SET", f"run:{run}:gradient:0:0:{token}:manifest", value)
    with pytest.raises(BlobCorruptError, match="manifest of run:.*expected"):
        store.get_gradient(run, 0, 0, token)


def test_reading_another_gradient_does_not_take_back_the_one_that_counts(store: Store, create: Create) -> None:
    run = create()
    token = store.put_gradient(run, 0, 0, b"payload")
    store.commit_gradient(run, 0, 0, token, RECORD)
    with pytest.raises(BlobMissingError):
        store.get_gradient(run, 0, 0, "0" * 16)
    assert list(store.committed(run, 0)) == [0]


@pytest.mark.parametrize(("shard", "value"), [
    ("9", '{"token": "0123456789abcdef"}'), ("-1", "{}"), ("x", "{}"), ("0", "{}"), ("0", '{"token": "*"}'),
    ("0", '{"token": 1}'), ("0", "[]"), ("0", '{"token": "0123456789abcdef", "loss": NaN}'), ("0", "[" * 60_000),
    ("0", '{"a": "' + "x" * 70_000 + '"}'),
])
def test_a_hostile_record_is_refused(store: Store, create: Create, shard: str, value: str) -> None:
    run = create()
    store.control.execute("HSET", f"run:{run}:done:0", shard, value)
    with pytest.raises(StoreError, match="expected"):
        store.committed(run, 0)


def test_too_many_records_are_refused(store: Store, create: Create) -> None:
    run = create()
    for shard in range(3):
        store.control.execute("HSET", f"run:{run}:done:0", f"0{shard}", "{}")
    with pytest.raises(StoreError, match="expected at most 2 shards, got 3"):
        store.committed(run, 0)


@pytest.mark.parametrize("record", [{"loss": float("nan")}, {"loss": float("inf")}, {"class": "x" * 70_000}])
def test_a_record_that_cannot_be_stored_is_refused(store: Store, create: Create, record: dict[str, object]) -> None:
    run = create()
    with pytest.raises(StoreError, match=f"run {run} step 0 shard 0: expected"):
        store.commit_gradient(run, 0, 0, "0" * 16, record)
    assert store.committed(run, 0) == {}
