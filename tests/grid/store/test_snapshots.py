"""Snapshots: exact bytes back, damage noticed, what is gone reported as gone; the log leads on from the last one."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from grid.errors import BlobCorruptError, BlobMissingError, StoreError, VersionLostError
from grid.store import Store, chunks
from tests.step_moves import ARRAYS, make_step, take_snapshot, tokens_held

Create = Callable[..., str]

PER_CHUNK = chunks.CHUNK_BYTES // 4


TOKEN = "0123456789abcdef"


def vector(count: int) -> np.ndarray:
    return np.random.default_rng(count).standard_normal(count).astype(np.float32)


def write(store: Store, run: str, **arrays: np.ndarray) -> str:
    """Write a snapshot that nobody uses, and return its token."""
    store.write_snapshot(run, 0, TOKEN, arrays)
    return TOKEN


@pytest.mark.parametrize("count", [0, 1, PER_CHUNK - 1, PER_CHUNK, PER_CHUNK + 1, 2 * PER_CHUNK + 3])
def test_arrays_of_all_sizes_come_back_bit_for_bit(store: Store, create: Create, count: int) -> None:
    run, array = create(), vector(count)
    token = write(store, run, parameters=array, optimizer=np.zeros(3, np.float32))
    found = store.read_array(run, token, "parameters")
    assert found.dtype == np.float32
    assert found.tobytes() == array.tobytes()
    assert len(store.blobs.keys_of(f"run:{run}:blob:{token}:")) == -(-count // PER_CHUNK) + 1


def test_every_bit_pattern_comes_back(store: Store, create: Create) -> None:
    run = create()
    array = np.array([np.nan, -np.nan, np.inf, -0.0, 1e-45, 3.4e38], np.float32)
    token = write(store, run, parameters=array)
    assert store.read_array(run, token, "parameters").tobytes() == array.tobytes()


def test_strided_and_read_only_arrays_are_written(store: Store, create: Create) -> None:
    run, array = create(), np.arange(10, dtype=np.float32)
    array.flags.writeable = False
    token = write(store, run, parameters=array[::2], optimizer=array)
    assert store.read_array(run, token, "parameters").tolist() == [0, 2, 4, 6, 8]
    assert store.read_array(run, token, "optimizer").flags.writeable


def test_a_discarded_snapshot_is_gone_and_discarding_it_again_does_no_harm(store: Store, create: Create) -> None:
    run = create()
    token = write(store, run, parameters=vector(5))
    for _ in range(2):
        store.discard_snapshot(run, token)
    assert store.blobs.keys_of(f"run:{run}:blob:{token}") == []
    with pytest.raises(BlobMissingError, match="gone; read the header again") as caught:
        store.read_array(run, token, "parameters")
    assert not isinstance(caught.value, VersionLostError)


def test_the_snapshot_in_use_is_not_discarded(store: Store, create: Create) -> None:
    run = create()
    token = store.header(run).token
    store.discard_snapshot(run, token)
    assert store.read_array(run, token, "parameters").size == 8


def test_a_snapshot_in_use_that_is_gone_is_reported_as_lost(store: Store, create: Create) -> None:
    run = create()
    token = store.header(run).token
    store.blobs.unlink(store.blobs.keys_of(f"run:{run}:"))
    with pytest.raises(VersionLostError, match=f"run {run}: its parameters are gone from blob server redis://127"):
        store.read_array(run, token, "parameters")


def test_a_chunk_that_is_gone_is_reported(store: Store, create: Create) -> None:
    run = create()
    token = write(store, run, parameters=vector(PER_CHUNK + 1))
    store.blobs.unlink([f"run:{run}:blob:{token}:parameters:1"])
    with pytest.raises(BlobMissingError, match=r"parameters:1: expected 4 bytes, got no value"):
        store.read_array(run, token, "parameters")


@pytest.mark.parametrize(("chunk", "value"), [
    (0, b"short"), (0, bytes(chunks.CHUNK_BYTES)), (0, bytes(chunks.CHUNK_BYTES + 1)), (1, b""), (1, bytes(4)),
    (1, bytes(20_000_000)),
])
def test_a_damaged_chunk_is_noticed(store: Store, create: Create, chunk: int, value: bytes) -> None:
    run = create()
    token = write(store, run, parameters=vector(PER_CHUNK + 1))
    store.blobs.call("SET", f"run:{run}:blob:{token}:parameters:{chunk}", value)
    with pytest.raises(BlobCorruptError, match=f"parameters:{chunk}: "):
        store.read_array(run, token, "parameters")


def test_a_flipped_bit_is_noticed(store: Store, create: Create) -> None:
    run = create()
    token = write(store, run, parameters=vector(100))
    key = f"run:{run}:blob:{token}:parameters:0"
    bit = store.blobs.call("GETBIT", key, 1234)
    store.blobs.call("SETBIT", key, 1234, 1 - bit if isinstance(bit, int) else 0)
    with pytest.raises(BlobCorruptError, match="the digest does not fit the bytes"):
        store.read_array(run, token, "parameters")


DIGEST = "0" * 64


@pytest.mark.parametrize("manifest", [
    "", "null", "{}", "[" * 5000, {"chunk_bytes": 4194304, "arrays": []}, {"chunk_bytes": 1, "arrays": {}},
    {"dtype": "float64", "count": 1, "chunks": [DIGEST]}, {"dtype": "float32", "count": True, "chunks": [DIGEST]},
    {"dtype": "float32", "count": -1, "chunks": []}, {"dtype": "float32", "count": 2**40, "chunks": [DIGEST]},
    {"dtype": "float32", "count": 2**30, "chunks": [DIGEST]}, {"dtype": "float32", "count": 1, "chunks": [DIGEST] * 2},
    {"dtype": "float32", "count": 1, "chunks": ["../x"]}, {"dtype": "float32", "count": 1, "chunks": [1]},
    {"dtype": "float32", "count": 1, "chunks": None}, {"dtype": "float32", "count": 1}, None,
])
def test_a_hostile_manifest_is_refused_before_memory_is_taken(store: Store, create: Create, manifest: object) -> None:
    run = create()
    token = write(store, run, parameters=vector(1))
    if not isinstance(manifest, str):
        whole = isinstance(manifest, dict) and "chunk_bytes" in manifest
        entry = {"chunk_bytes": chunks.CHUNK_BYTES, "arrays": {"parameters": manifest}}
        manifest = json.dumps(manifest if whole else entry)
    store.control.call("SET", f"run:{run}:manifest:{token}", manifest)
    with pytest.raises(StoreError, match=f"run {run}: .*expected"):
        store.read_array(run, token, "parameters")


def test_an_array_that_a_snapshot_does_not_have_is_reported(store: Store, create: Create) -> None:
    run = create()
    with pytest.raises(StoreError, match=r"expected one of the arrays \['optimizer', 'parameters'\], got 'gradient'"):
        store.read_array(run, store.header(run).token, "gradient")


@pytest.mark.parametrize("array", [
    np.zeros(3), np.zeros((2, 2), np.float32), np.zeros(3, np.int32), np.float32(1), [1.0, 2.0], None,
])
def test_what_is_not_a_float32_vector_is_refused(store: Store, create: Create, array: object) -> None:
    with pytest.raises(StoreError, match="parameters: expected a float32 vector, got"):
        write(store, create(), parameters=array)  # type: ignore[arg-type]  # what callers must not do


@pytest.mark.parametrize("name", ["", "Parameters", "a:b", "a*", "x" * 40])
def test_a_name_that_cannot_stand_in_a_key_is_refused(store: Store, create: Create, name: str) -> None:
    with pytest.raises(StoreError, match="expected array names such as parameters"):
        write(store, create(), **{name: vector(1)})


@pytest.mark.parametrize("token", ["", "*", "0" * 15, "0123456789ABCDEF", "0" * 16 + "\n"])
def test_a_token_that_is_none_is_refused(store: Store, create: Create, token: str) -> None:
    with pytest.raises(StoreError, match="token: expected 16 hexadecimal digits"):
        store.read_array(create(), token, "parameters")
    with pytest.raises(StoreError, match="token: expected 16 hexadecimal digits"):
        store.write_snapshot(create(), 0, token, ARRAYS)


def test_the_log_leads_on_from_the_last_snapshot(store: Store, create: Create) -> None:
    run = create(steps=9)
    first = store.header(run).snapshot
    entries = [make_step(store, run) for _ in range(3)]
    assert take_snapshot(store, run, entries[1])
    header, version = store.header(run), store.version(run)
    assert (header.snapshot, header.snapshot_step) == (entries[1].token, 2)
    assert (version.snapshot, version.snapshot_step) == (entries[1].token, 2)
    assert version.entries == entries[2:]
    # The one before is kept: somebody may be reading it.
    assert tokens_held(store, run)["blob"] == {first, entries[1].token}
    assert store.read_array(run, first, "parameters").size == 8


def test_a_snapshot_drops_the_ones_before_the_one_before(store: Store, create: Create) -> None:
    run = create(steps=9)
    entries = []
    for _ in range(4):
        entries.append(make_step(store, run))
        assert take_snapshot(store, run, entries[-1])
    kept = {entry.token for entry in entries[-2:]}
    assert tokens_held(store, run)["blob"] == kept
    assert set(store.control.call("HKEYS", f"run:{run}:versions")) == {token.encode() for token in kept}
    assert len(store.control.call("KEYS", f"run:{run}:manifest:*")) == 2
    with pytest.raises(BlobMissingError, match="read the header again"):
        store.read_array(run, entries[0].token, "parameters")


def test_a_snapshot_that_is_committed_again_still_counts(store: Store, create: Create) -> None:
    run = create(steps=9)
    entry = make_step(store, run)
    assert take_snapshot(store, run, entry)
    assert store.commit_snapshot(run, 1, entry.token)
    assert store.header(run).snapshot == entry.token
    assert store.read_array(run, entry.token, "parameters").size == 8


def test_an_older_snapshot_does_not_replace_a_newer_one_and_is_deleted(store: Store, create: Create) -> None:
    run = create(steps=9)
    first, second = make_step(store, run), make_step(store, run)
    assert take_snapshot(store, run, second)
    assert not take_snapshot(store, run, first)
    assert store.header(run).snapshot == second.token
    assert first.token not in tokens_held(store, run)["blob"]


def test_a_snapshot_of_a_version_that_never_was_is_deleted(store: Store, create: Create) -> None:
    run = create(steps=9)
    entry = make_step(store, run)
    before = store.header(run).snapshot
    for step in (1, 2):
        write(store, run, parameters=vector(8))
        assert not store.commit_snapshot(run, step, TOKEN)
    assert not store.commit_snapshot(run, 1, entry.token), "its arrays were never written"
    assert store.header(run).snapshot == before
    assert tokens_held(store, run)["blob"] == {before}


def test_what_a_dead_writer_left_behind_is_deleted_by_a_later_snapshot(store: Store, create: Create) -> None:
    # Given writers that are killed while they write their snapshot, with its manifest or without
    run = create(steps=9)
    entries = [make_step(store, run) for _ in range(3)]
    for entry in entries[:2]:
        store.write_snapshot(run, entry.step + 1, entry.token, ARRAYS)
    store.control.call("DEL", f"run:{run}:manifest:{entries[0].token}")
    # When the next one is taken
    first = store.header(run).snapshot
    assert take_snapshot(store, run, entries[2])
    # Then their chunks are gone
    assert tokens_held(store, run)["blob"] == {first, entries[2].token}


def test_a_snapshot_that_a_run_did_not_live_to_see_is_deleted(store: Store, create: Create) -> None:
    # Given a writer that is half through when the run is cancelled, which clears all away but the snapshot in use
    run = create(steps=9)
    entry = make_step(store, run)
    before = store.header(run).snapshot
    store.write_snapshot(run, 1, entry.token, ARRAYS)
    store.cancel(run)
    assert tokens_held(store, run)["blob"] == {before}
    store.blobs.call("SET", f"run:{run}:blob:{entry.token}:optimizer:0", b"written after that")
    store.control.call("SET", f"run:{run}:manifest:{entry.token}", "{}")
    # When it goes on
    assert not store.commit_snapshot(run, 1, entry.token)
    # Then the run still has what it had
    assert store.header(run).snapshot == before
    assert tokens_held(store, run)["blob"] == {before}
    assert store.control.call("EXISTS", f"run:{run}:manifest:{entry.token}") == 0
    assert [found.token for found in store.version(run).entries] == [entry.token]
