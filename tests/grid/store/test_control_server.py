"""The control server as the store uses it: away, restarted, forbidden, behind TLS, in a forked child."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from grid.errors import BrokerError, StoreError
from grid.servers import Servers
from grid.servers.process import CONTROL, ServerProcess, free_port
from grid.store import Store
from grid.store.blob_server import BlobServer
from grid.store.control_server import ControlServer
from grid.store.url import parse_url
from tests.grid.secured import WORKER_RULES
from tests.grid.store.listeners import CERTIFICATE, listening, tls_before
from tests.step_moves import make_step, take_snapshot

StartServer = Callable[..., ServerProcess]

@pytest.fixture
def control(servers: Servers) -> ControlServer:
    return ControlServer(servers.control_url)


def test_commands_and_scripts_are_answered(control: ControlServer) -> None:
    control.call("SET", "control:key", "value")
    assert control.run_script("return {redis.call('GET', KEYS[1]), ARGV[1]}", ["control:key"], [7]) == [b"value", b"7"]
    control.call("DEL", "control:key")


def test_a_script_that_the_server_has_forgotten_is_sent_again(control: ControlServer) -> None:
    for _ in range(2):
        assert control.run_script("return 1", [], []) == 1
        control.call("SCRIPT", "FLUSH")


def test_a_server_that_is_not_there_is_reported_at_once_without_the_password() -> None:
    store = Store(f"redis://:hidden@127.0.0.1:{free_port()}/0", f"redis://:hidden@127.0.0.1:{free_port()}/0")
    with pytest.raises(BrokerError, match=r"^control server redis://127\.0\.0\.1:\d+/0: no connection \(") as caught:
        store.ping()
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_password_is_reported_and_not_tried_again(servers: Servers) -> None:
    port = parse_url(servers.control_url).port
    for url in (f"redis://127.0.0.1:{port}/0", f"redis://:hidden@127.0.0.1:{port}/0"):
        with pytest.raises(BrokerError, match="refused the login") as caught:
            ControlServer(url).call("PING")
        assert "hidden" not in str(caught.value)


def test_a_key_of_another_type_is_an_error_of_the_store(control: ControlServer) -> None:
    control.call("SET", "control:key", "value")
    with pytest.raises(StoreError, match="expected keys as Nabe writes them"):
        control.call("HGETALL", "control:key")
    control.call("DEL", "control:key")


def test_a_restart_is_survived_with_all_runs(start_server: StartServer) -> None:
    server = start_server(CONTROL)
    store = Store(server.url, server.url)
    run = store.create_run({}, steps=1, shards=1, evaluation_shards=1, arrays={"parameters": np.ones(4, np.float32)})
    server.stop()
    started: list[bool] = []
    waiting = threading.Thread(target=lambda: started.append(store.start(run)))
    waiting.start()
    assert server.restart_if_dead()
    waiting.join(timeout=30)
    assert started == [True]
    assert store.header(run).state == "running"


def fill(control: ControlServer) -> None:
    """Write 10 MB in pieces: Redis looks at its memory before a command or a script, not within one."""
    for number in range(1000):
        control.call("SET", f"key:{number}", "x" * 10_000)


def test_a_full_control_server_is_reported(start_server: StartServer) -> None:
    control = ControlServer(start_server(CONTROL, maxmemory=2**20).url)
    with pytest.raises(BrokerError, match="out of memory; raise its maxmemory"):
        fill(control)


def test_a_worker_with_few_rights_can_do_a_whole_step(start_server: StartServer) -> None:
    server = start_server(CONTROL)
    ControlServer(server.url).call("ACL", "SETUSER", "worker", "on", ">pw", *WORKER_RULES)
    url = f"redis://worker:pw@127.0.0.1:{server.port}/0"
    store = Store(url, url)
    arrays = {"parameters": np.arange(4, dtype=np.float32)}
    run = store.create_run({}, steps=1, shards=1, evaluation_shards=1, arrays=arrays)
    assert store.start(run)
    store.renew_lease(run, 0, "gradient:0", "w", 5.0)
    store.claim(run, 0, "w", lease_seconds=5.0)
    entry = make_step(store, run, evaluate=True)
    assert take_snapshot(store, run, entry)
    store.sweep_log(run)
    assert store.version(run, have=0).entries == [entry]
    store.commit_evaluation(run, 1, 0, {"correct": 1})
    assert store.conclude_evaluation(run, 1, {"kind": "evaluation"})
    store.heartbeat("w", {})
    assert store.elect("w", 1.0)
    assert store.delete_run(run)
    with pytest.raises(BrokerError, match="the user may not do this"):
        store.control.call("FLUSHALL")


@pytest.mark.parametrize("kind", [ControlServer, BlobServer])
def test_tls_is_spoken_and_the_certificate_checked(
    servers: Servers, kind: type[ControlServer] | type[BlobServer]
) -> None:
    plain = parse_url(servers.control_url)
    with listening(tls_before(plain.port)) as port:
        address = f"rediss://:{plain.password}@localhost:{port}/0"
        trusted = kind(f"{address}?ssl_ca_certs={CERTIFICATE}")
        trusted.ping()
        if isinstance(trusted, BlobServer):
            data = os.urandom(5_000_000)
            trusted.call("SET", "tls", memoryview(data))
            target = bytearray(len(data))
            connection = trusted.take()
            assert connection.get_into("tls", memoryview(target)) == len(data)
            assert target == data
            trusted.give_back(connection)
            trusted.unlink(["tls"])
        trusted.close()
        with pytest.raises(BrokerError, match="certificate verify failed"):
            kind(address).ping()


def test_a_forked_child_does_not_use_its_parents_connections(control: ControlServer) -> None:
    before = control.call("CLIENT", "ID")
    child = os.fork()
    if child == 0:
        fine = all(control.call("ECHO", f"child {turn}") == f"child {turn}".encode() for turn in range(300))
        os._exit(0 if fine and control.call("CLIENT", "ID") != before else 1)
    fine = all(control.call("ECHO", f"parent {turn}") == f"parent {turn}".encode() for turn in range(300))
    _, status = os.waitpid(child, 0)
    assert fine
    assert os.waitstatus_to_exitcode(status) == 0
    assert control.call("CLIENT", "ID") == before


def test_threads_that_lose_their_connections_do_not_disturb_each_other(control: ControlServer) -> None:
    over = threading.Event()

    def work(name: str) -> None:
        while not over.is_set():
            assert control.call("ECHO", name) == name.encode()

    killer = ControlServer(control.url.client_url)
    with ThreadPoolExecutor(6) as pool:
        threads = [pool.submit(work, str(number)) for number in range(6)]
        for _ in range(100):
            killer.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            over.wait(0.01)
        over.set()
        for thread in threads:
            thread.result()
