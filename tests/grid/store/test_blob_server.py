"""The blob server as the store uses it: full, away, forbidden, shared by threads and processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import numpy as np
import pytest

from grid.errors import BlobsFullError, BrokerError, StoreError
from grid.servers import Servers
from grid.servers.process import BLOBS, CONTROL, ServerProcess, free_port
from grid.store import Store, room
from grid.store.blob_server import BlobServer

MIB = 2**20

StartServer = Callable[..., ServerProcess]


@pytest.fixture
def blobs(servers: Servers) -> BlobServer:
    return BlobServer(servers.blob_url)


def test_keys_are_found_by_what_they_begin_with_and_deleted_in_any_number(blobs: BlobServer) -> None:
    wanted = [f"many:{index}" for index in range(1200)]
    for key in wanted:
        blobs.call("SET", key, "x")
    blobs.call("SET", "more", "x")
    assert sorted(blobs.keys_of("many:")) == sorted(wanted)
    blobs.unlink([*wanted, "never there"])
    assert blobs.keys_of("many:") == []
    assert blobs.keys_of("more") == ["more"]
    blobs.unlink(["more"])


def test_a_full_server_says_how_full_and_what_to_do(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "WAIT_SECONDS", 0.2)
    control, small = start_server(CONTROL), start_server(BLOBS, maxmemory=16 * MIB)
    store = Store(control.url, small.url)
    arrays = {"parameters": np.ones(MIB, np.float32)}
    run = store.create_run({}, steps=1, shards=1, evaluation_shards=1, arrays=arrays)
    # A snapshot that does not fit leaves nothing of itself behind.
    before = store.blobs.keys_of("")
    with pytest.raises(BlobsFullError, match=r"out of memory \(used \d+\.\d MiB of 16\.0 MiB\); raise its maxmemory"):
        store.write_snapshot(run, 1, "0" * 16, {"parameters": np.ones(5 * MIB, np.float32)})
    assert store.blobs.keys_of("") == before
    assert store.control.call("HLEN", f"run:{run}:versions") == 1
    # Neither does a gradient, nor an encoded mean, nor a run.
    with pytest.raises(BlobsFullError):
        store.put_gradient(run, 0, 0, bytes(20 * MIB))
    with pytest.raises(BlobsFullError):
        store.put_mean(run, 0, "0" * 16, bytes(20 * MIB))
    with pytest.raises(BlobsFullError):
        store.create_run(
            {}, steps=1, shards=1, evaluation_shards=1, arrays={"parameters": np.ones(5 * MIB, np.float32)}
        )
    assert store.blobs.keys_of("") == before
    assert [header.run for header in store.runs()] == [run]
    # And what fits still works.
    stored = store.put_gradient(run, 0, 0, b"small")
    assert store.get_gradient(run, 0, 0, stored) == b"small"


def test_an_unknown_user_may_do_nothing(servers: Servers) -> None:
    forbidden = BlobServer(servers.blob_url.replace("redis://:", "redis://stranger:"))
    with pytest.raises(BrokerError, match=r"^blob server redis://127\.0\.0\.1:\d+/0: refused the login: WRONGPASS"):
        forbidden.call("GET", "key")


def test_a_user_without_the_right_is_told_so(servers: Servers, blobs: BlobServer) -> None:
    blobs.call("ACL", "SETUSER", "viewer", "on", ">pw", "~*", "+@read")
    viewer = BlobServer(f"redis://viewer:pw@127.0.0.1:{blobs.url.port}/0")
    assert viewer.call("GET", "none") is None
    with pytest.raises(BrokerError, match="the user may not do this: NOPERM"):
        viewer.call("SET", "key", "value")
    blobs.call("ACL", "DELUSER", "viewer")


def test_a_key_of_another_type_is_an_error_of_the_store(blobs: BlobServer) -> None:
    blobs.call("RPUSH", "list", 1)
    with pytest.raises(StoreError, match="WRONGTYPE"):
        blobs.call("GET", "list")
    blobs.unlink(["list"])


def test_a_server_that_is_not_there_is_reported_at_once_by_ping() -> None:
    expected = r"^blob server redis://127\.0\.0\.1:\d+/0: no connection \(.*refused\); start it"
    with pytest.raises(BrokerError, match=expected):
        BlobServer(f"redis://:secret@127.0.0.1:{free_port()}/0").ping()


def test_a_restart_is_survived(start_server: StartServer) -> None:
    server = start_server(BLOBS)
    blobs = BlobServer(server.url)
    blobs.call("SET", "key", "value")
    server.stop()
    answered: list[object] = []
    waiting = threading.Thread(target=lambda: answered.append(blobs.call("SET", "key", "again")))
    waiting.start()
    assert server.restart_if_dead()
    waiting.join(timeout=30)
    assert answered == [b"OK"]


def test_threads_share_it_without_mixing_replies(blobs: BlobServer) -> None:
    mixed: list[str] = []

    def work(name: str) -> None:
        for turn in range(200):
            blobs.call("SET", f"thread:{name}", f"{name}:{turn}")
            if blobs.call("GET", f"thread:{name}") != f"{name}:{turn}".encode():
                mixed.append(name)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed == []
    assert len(blobs._idle) <= 6
    blobs.unlink(blobs.keys_of("thread:"))


def test_a_forked_child_does_not_use_its_parents_connections(blobs: BlobServer) -> None:
    # Given a parent that has a connection
    before = blobs.call("CLIENT", "ID")
    # When both talk at the same time
    child = os.fork()
    if child == 0:
        fine = all(blobs.call("ECHO", f"child {turn}") == f"child {turn}".encode() for turn in range(300))
        os._exit(0 if fine and blobs.call("CLIENT", "ID") != before else 1)
    fine = all(blobs.call("ECHO", f"parent {turn}") == f"parent {turn}".encode() for turn in range(300))
    _, status = os.waitpid(child, 0)
    # Then each has its own
    assert fine
    assert os.waitstatus_to_exitcode(status) == 0
    assert blobs.call("CLIENT", "ID") == before
