"""A primary that dies, and its replica, promoted, at the same address: calls go on, and so does the queue."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from grid.dispatch import Dispatcher
from grid.store.blob_server import BlobServer
from grid.store.control_server import ControlServer
from tests.grid.processes import free_port, running, wait_until
from tests.grid.secured import redis_server


def command(port: int, folder: Path, *more: str) -> list[str]:
    folder.mkdir()
    return [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *more]


@pytest.mark.parametrize("demoted", [False, True], ids=["killed", "demoted"])
def test_calls_go_on_when_a_replica_takes_the_address(tmp_path: Path, demoted: bool) -> None:
    # Given a primary with a replica, and clients of the primary
    ports = [free_port(), free_port()]
    address = f"redis://127.0.0.1:{ports[0]}/0"
    with ExitStack() as stack:
        primary = stack.enter_context(running(command(ports[0], tmp_path / "a"), tmp_path / "a.log"))
        options = ("--replicaof", "127.0.0.1", str(ports[0]), "--repl-diskless-sync-delay", "0")
        stack.enter_context(running(command(ports[1], tmp_path / "b", *options), tmp_path / "b.log"))
        replica = ControlServer(f"redis://127.0.0.1:{ports[1]}/0")
        wait_until(lambda: b"master_link_status:up" in replica.call("INFO", "replication"))
        control, blobs, queue = ControlServer(address), BlobServer(address), Dispatcher(ControlServer(address))
        control.call("SET", "record", "before")
        blobs.call("SET", "blob", "before")
        queue.send_apply("0" * 12, 0)
        assert control.call("WAIT", 1, 10_000) == 1
        # When the primary is gone, or no primary any more, and calls are made
        if demoted:
            ControlServer(address).call("REPLICAOF", "127.0.0.1", ports[1])
        else:
            primary.kill()
            primary.wait(timeout=10)
        calls = [
            threading.Thread(target=lambda: control.call("SET", "record", "after")),
            threading.Thread(target=lambda: blobs.call("SET", "blob", "after")),
        ]
        for call in calls:
            call.start()
        # And the replica is promoted and takes the address
        replica.call("REPLICAOF", "NO", "ONE")
        if demoted:
            ControlServer(address).call("CONFIG", "SET", "port", free_port())
        replica.call("CONFIG", "SET", "port", ports[0])
        for call in calls:
            call.join(timeout=20)
        # Then every call has reached it
        assert control.call("GET", "record") == b"after"
        assert blobs.call("GET", "blob") == b"after"
        queue.send_apply("0" * 12, 0)
        assert control.call("LLEN", "grid") == 2
