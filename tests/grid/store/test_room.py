"""A blob server that is full: what nobody needs goes, a write waits for room, and fails with figures without it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from grid.errors import BlobsFullError
from grid.servers.process import BLOBS, CONTROL, ServerProcess
from grid.store import Store, chunks, memory_bound, room
from grid.store.base import fresh_token
from grid.store.memory_bound import bound_bytes, check_fits

MIB = 2**20

StartServer = Callable[..., ServerProcess]


@pytest.fixture
def small(start_server: StartServer) -> Store:
    """A store whose blob server has 32 MiB."""
    return Store(start_server(CONTROL).url, start_server(BLOBS, maxmemory=32 * MIB).url)


def create_run(store: Store, *, count: int = 8, shards: int = 2) -> str:
    arrays = {"parameters": np.ones(count, np.float32)}
    run = store.create_run({}, steps=3, shards=shards, evaluation_shards=1, arrays=arrays)
    assert store.start(run)
    return run


def test_orphans_make_room_and_nothing_else_goes(small: Store) -> None:
    # Given a run with all that it needs, and beside it what writers that died have left
    run = create_run(small)
    header = small.header(run)
    needed = set(small.blobs.keys_of(""))
    needed |= keys_of_new(small, lambda: small.put_gradient(run, 0, 0, b"in hand"))
    needed |= keys_of_new(small, lambda: small.put_mean(run, 0, fresh_token(), b"in hand"))
    small.blobs.call("SET", f"run:{'e' * 12}:blob:{'f' * 16}:parameters:0", "a run being created", "EX", 3600)
    needed.add(f"run:{'e' * 12}:blob:{'f' * 16}:parameters:0")
    small.blobs.call("SET", "of another program", "x")
    needed.add("of another program")
    token = fresh_token()
    for key in (
        f"run:{run}:blob:{token}:parameters:0", f"run:{'d' * 12}:blob:{token}:parameters:0",
        f"run:{'d' * 12}:mean:7:{token}:0", f"run:{'d' * 12}:gradient:7:1:{token}:0",
    ):
        small.blobs.call("SET", key, bytes(4 * MIB))
    # When something is written for which there is no room
    stored = small.put_gradient(run, 0, 1, bytes(20 * MIB))
    # Then it is there, the orphans are gone, and all else has stayed
    assert len(small.get_gradient(run, 0, 1, stored)) == 20 * MIB
    small.discard_gradients(run, 0, [(1, stored)])
    assert set(small.blobs.keys_of("")) == needed
    assert small.read_array(run, header.snapshot, "parameters").tolist() == [1.0] * 8


def keys_of_new(store: Store, write: Callable[[], object]) -> set[str]:
    before = set(store.blobs.keys_of(""))
    write()
    return set(store.blobs.keys_of("")) - before


def test_gradients_of_a_run_that_has_ended_are_orphans(small: Store) -> None:
    run = create_run(small)
    small.put_gradient(run, 0, 0, b"of a late worker")
    assert small.delete_orphans() == 0
    assert small.fail(run, "enough")
    small.put_gradient(run, 0, 0, b"of a later one")
    assert small.delete_orphans() == 1
    assert small.blobs.keys_of(f"run:{run}:gradient") == []


def test_a_write_waits_until_another_run_makes_room(small: Store) -> None:
    # Given: another run fills the server
    first, second = create_run(small), create_run(small)
    held = small.put_gradient(first, 0, 0, bytes(20 * MIB))
    written: list[object] = []
    waiting = threading.Thread(target=lambda: written.append(small.put_gradient(second, 0, 0, bytes(20 * MIB))))
    full = threading.Event()
    delete_orphans = small.blobs.make_room
    assert delete_orphans is not None

    def make_room() -> int:
        full.set()
        return delete_orphans()

    small.blobs.make_room = make_room
    waiting.start()
    assert full.wait(timeout=10)
    # When that run has used what it had
    small.discard_gradients(first, 0, [(0, held)])
    waiting.join(timeout=15)
    # Then the write is done
    assert len(written) == 1


def test_a_write_that_never_finds_room_fails_with_figures_and_leaves_nothing(
    small: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "WAIT_SECONDS", 0.5)
    run = create_run(small)
    before = small.blobs.keys_of("")
    figures = r"used \d+\.\d MiB of 32\.0 MiB\).*40\.0 MiB were to be written, and no room"
    with pytest.raises(BlobsFullError, match=figures):
        small.put_gradient(run, 0, 0, bytes(40 * MIB))
    assert small.blobs.keys_of("") == before


def test_blobs_never_fill_the_control_server(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given one server for both
    monkeypatch.setattr(room, "WAIT_SECONDS", 0.2)
    server = start_server(CONTROL, maxmemory=32 * MIB)
    store = Store(server.url, server.url)
    run = create_run(store)
    # When blobs are written until they are refused
    stored = 0

    def write_all() -> None:
        nonlocal stored
        for _ in range(20):
            store.put_gradient(run, 0, 0, bytes(2 * MIB))
            stored += 1

    before = store.header(run)
    expected = r"it is the control server too, and .* of the 24\.0 MiB that blobs may take"
    with pytest.raises(BlobsFullError, match=expected):
        write_all()
    assert stored >= 5
    # Then there is room for what the control server is for
    for number in range(100):
        store.control.call("SET", f"record:{number}", bytes(10_000))
    # And no record was taken for an orphan
    assert store.header(run) == before


def test_a_run_that_can_never_have_room_is_refused_in_one_line(small: Store) -> None:
    bound = bound_bytes(snapshot_bytes=2 * MIB, payload_bytes=MIB, shards=4)
    with pytest.raises(BlobsFullError, match=r"needs up to 58 MiB .*, and may use 32 MiB; raise maxmemory") as caught:
        check_fits(small.blobs, bound)
    assert "\n" not in str(caught.value)
    check_fits(small.blobs, bound_bytes(snapshot_bytes=MIB, payload_bytes=MIB // 4, shards=4))


@pytest.mark.parametrize("size", [1, 1000, 438_000, 3 * MIB, 4 * MIB - 4096, 4 * MIB, 13 * MIB])
def test_the_bound_holds_for_values_of_any_size(start_server: StartServer, size: int) -> None:
    server = start_server(BLOBS)
    store = Store(start_server(CONTROL).url, server.url)
    run = create_run(store)
    first = store.blobs.servers[0].memory()
    for shard in range(8):
        store.put_gradient(run, 0, shard, bytes(size))
    last = store.blobs.servers[0].memory()
    assert first is not None
    assert last is not None
    buffers = 2 * MIB + chunks.CHUNK_BYTES  # what the connection takes once
    assert last[0] - first[0] <= 8 * memory_bound._held(size) + buffers
