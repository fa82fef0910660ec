"""Versions: exact bytes back, damage noticed, what is gone reported as gone."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from grid.errors import BlobCorruptError, BlobMissingError, StoreError, VersionLostError
from grid.store import Store, chunks

Create = Callable[..., str]

PER_CHUNK = chunks.CHUNK_BYTES // 4


def vector(count: int) -> np.ndarray:
    return np.random.default_rng(count).standard_normal(count).astype(np.float32)


@pytest.mark.parametrize("count", [0, 1, PER_CHUNK - 1, PER_CHUNK, PER_CHUNK + 1, 2 * PER_CHUNK + 3])
def test_arrays_of_all_sizes_come_back_bit_for_bit(store: Store, create: Create, count: int) -> None:
    run, array = create(), vector(count)
    token = store.write_version(run, {"parameters": array, "optimizer": np.zeros(3, np.float32)})
    found = store.read_array(run, token, "parameters")
    assert found.dtype == np.float32
    assert found.tobytes() == array.tobytes()
    assert len(store.blobs.keys_of(f"run:{run}:blob:{token}:")) == -(-count // PER_CHUNK) + 1


def test_every_bit_pattern_comes_back(store: Store, create: Create) -> None:
    run = create()
    array = np.array([np.nan, -np.nan, np.inf, -0.0, 1e-45, 3.4e38], np.float32)
    token = store.write_version(run, {"parameters": array})
    assert store.read_array(run, token, "parameters").tobytes() == array.tobytes()


def test_strided_and_read_only_arrays_are_written(store: Store, create: Create) -> None:
    run, array = create(), np.arange(10, dtype=np.float32)
    array.flags.writeable = False
    token = store.write_version(run, {"parameters": array[::2], "optimizer": array})
    assert store.read_array(run, token, "parameters").tolist() == [0, 2, 4, 6, 8]
    assert store.read_array(run, token, "optimizer").flags.writeable


def test_a_discarded_version_is_gone_and_discarding_it_again_does_no_harm(store: Store, create: Create) -> None:
    run = create()
    token = store.write_version(run, {"parameters": vector(5)})
    for _ in range(2):
        store.discard_version(run, token)
    assert store.blobs.keys_of(f"run:{run}:blob:{token}") == []
    with pytest.raises(BlobMissingError, match="gone; read the header again") as caught:
        store.read_array(run, token, "parameters")
    assert not isinstance(caught.value, VersionLostError)


def test_the_current_version_is_not_discarded(store: Store, create: Create) -> None:
    run = create()
    token = store.header(run).token
    store.discard_version(run, token)
    assert store.read_array(run, token, "parameters").size == 8


def test_a_current_version_that_is_gone_is_reported_as_lost(store: Store, create: Create) -> None:
    run = create()
    token = store.header(run).token
    store.blobs.unlink(store.blobs.keys_of(f"run:{run}:"))
    with pytest.raises(VersionLostError, match=f"run {run}: its parameters are gone from blob server redis://127"):
        store.read_array(run, token, "parameters")


def test_a_chunk_that_is_gone_is_reported(store: Store, create: Create) -> None:
    run = create()
    token = store.write_version(run, {"parameters": vector(PER_CHUNK + 1)})
    store.blobs.unlink([f"run:{run}:blob:{token}:parameters:1"])
    with pytest.raises(BlobMissingError, match=r"parameters:1: expected 4 bytes, got no value"):
        store.read_array(run, token, "parameters")


@pytest.mark.parametrize(("chunk", "value"), [
    (0, b"short"), (0, bytes(chunks.CHUNK_BYTES)), (0, bytes(chunks.CHUNK_BYTES + 1)), (1, b""), (1, bytes(4)),
    (1, bytes(20_000_000)),
])
def test_a_damaged_chunk_is_noticed(store: Store, create: Create, chunk: int, value: bytes) -> None:
    run = create()
    token = store.write_version(run, {"parameters": vector(PER_CHUNK + 1)})
    store.blobs.call("SET", f"run:{run}:blob:{token}:parameters:{chunk}", value)
    with pytest.raises(BlobCorruptError, match=f"parameters:{chunk}: "):
        store.read_array(run, token, "parameters")


def test_a_flipped_bit_is_noticed(store: Store, create: Create) -> None:
    run = create()
    token = store.write_version(run, {"parameters": vector(100)})
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
    token = store.write_version(run, {"parameters": vector(1)})
    if not isinstance(manifest, str):
        whole = isinstance(manifest, dict) and "chunk_bytes" in manifest
        entry = {"chunk_bytes": chunks.CHUNK_BYTES, "arrays": {"parameters": manifest}}
        manifest = json.dumps(manifest if whole else entry)
    store.control.execute("SET", f"run:{run}:manifest:{token}", manifest)
    with pytest.raises(StoreError, match=f"run {run}: .*expected"):
        store.read_array(run, token, "parameters")


def test_an_array_that_a_version_does_not_have_is_reported(store: Store, create: Create) -> None:
    run = create()
    with pytest.raises(StoreError, match=r"expected one of the arrays \['optimizer', 'parameters'\], got 'gradient'"):
        store.read_array(run, store.header(run).token, "gradient")


@pytest.mark.parametrize("array", [
    np.zeros(3), np.zeros((2, 2), np.float32), np.zeros(3, np.int32), np.float32(1), [1.0, 2.0], None,
])
def test_what_is_not_a_float32_vector_is_refused(store: Store, create: Create, array: object) -> None:
    with pytest.raises(StoreError, match="parameters: expected a float32 vector, got"):
        store.write_version(create(), {"parameters": array})  # type: ignore[dict-item]  # what callers must not do


@pytest.mark.parametrize("name", ["", "Parameters", "a:b", "a*", "x" * 40])
def test_a_name_that_cannot_stand_in_a_key_is_refused(store: Store, create: Create, name: str) -> None:
    with pytest.raises(StoreError, match="expected array names such as parameters"):
        store.write_version(create(), {name: vector(1)})


@pytest.mark.parametrize("token", ["", "*", "0" * 15, "0123456789ABCDEF", "0" * 16 + "\n"])
def test_a_token_that_is_none_is_refused(store: Store, create: Create, token: str) -> None:
    with pytest.raises(StoreError, match="token: expected 16 hexadecimal digits"):
        store.read_array(create(), token, "parameters")
