"""The embedded servers live exactly as long as somebody uses them, whatever end their users and their keeper take."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from grid.errors import BlobMissingError, VersionLostError
from grid.servers import attach, find, process
from grid.servers.folder import Address, Folder
from grid.servers.process import answers
from grid.store import Store
from tests.grid.processes import free_port, wait_until
from tests.grid.server_programs import server_programs
from tests.grid.servers.attaching import User, address_of, keeper_of, processes_in, server_on

StartUser = Callable[[], User]
ARRAYS = {"parameters": np.arange(8, dtype=np.float32)}


def test_servers_start_serve_and_stop(state_dir: Path, program: Path) -> None:
    servers = attach(state_dir, server_binary=program)
    Store(servers.control_url, servers.blob_url).ping()
    assert len(processes_in(state_dir)) == 3
    servers.close()
    wait_until(lambda: not processes_in(state_dir))
    assert not (state_dir / "servers" / "servers.json").exists()


def test_a_second_user_joins_the_same_servers(state_dir: Path, program: Path) -> None:
    first, second = attach(state_dir, server_binary=program), attach(state_dir)
    assert (first.control_url, first.blob_url) == (second.control_url, second.blob_url)
    first.close()
    assert answers(second.control_url)
    second.close()


def test_closing_twice_does_no_harm(state_dir: Path, program: Path) -> None:
    servers = attach(state_dir, server_binary=program)
    servers.close()
    servers.close()


def test_find_joins_running_servers_only(state_dir: Path, program: Path) -> None:
    assert find(state_dir) is None
    assert not state_dir.exists()
    servers = attach(state_dir, server_binary=program)
    found = find(state_dir)
    assert found is not None
    assert found.control_url == servers.control_url
    servers.close()
    assert answers(found.control_url)
    found.close()
    wait_until(lambda: not processes_in(state_dir))
    assert find(state_dir) is None


def test_many_users_at_once_get_one_pair(start_user: StartUser, state_dir: Path) -> None:
    users = [start_user() for _ in range(8)]
    assert len({user.urls() for user in users}) == 1
    assert len(processes_in(state_dir)) == 3
    for user in users[1:]:
        user.leave()
    assert answers(address_of(state_dir).blob_url)


def test_nothing_is_left_when_all_users_are_killed(start_user: StartUser, state_dir: Path) -> None:
    users = [start_user() for _ in range(3)]
    for user in users:
        user.urls()
    for user in users:
        user.kill()
    wait_until(lambda: not processes_in(state_dir), seconds=10.0)


def test_one_killed_user_does_not_take_the_servers_from_the_others(start_user: StartUser, state_dir: Path) -> None:
    # Given the process that started the servers, and another one
    starter = start_user()
    starter.urls()
    other = start_user()
    control_url, blob_url = other.urls()
    # When the starter is killed
    starter.kill()
    # Then the keeper goes on
    Store(control_url, blob_url).ping()
    keeper_of(state_dir)


def test_servers_die_with_a_killed_keeper_and_the_next_user_starts_new_ones(state_dir: Path, program: Path) -> None:
    # Given a run on servers whose keeper is killed
    before = attach(state_dir, server_binary=program)
    store = Store(before.control_url, before.blob_url)
    run = store.create_run({"network": "lenet"}, steps=1, shards=1, evaluation_shards=1, arrays=ARRAYS)
    token = store.header(run).token
    keeper_of(state_dir).kill()
    wait_until(lambda: not processes_in(state_dir))
    # When the next user comes, while the first one still holds its lock
    after = attach(state_dir, server_binary=program)
    # Then the run is still listed, and its parameters are reported as lost
    store = Store(after.control_url, after.blob_url)
    assert [header.run for header in store.runs()] == [run]
    with pytest.raises(VersionLostError, match="which was restarted or emptied"):
        store.read_array(run, token, "parameters")
    assert issubclass(VersionLostError, BlobMissingError)
    before.close()
    assert answers(after.control_url)
    after.close()


def test_runs_are_kept_from_one_start_to_the_next_by_any_program(state_dir: Path) -> None:
    runs: list[str] = []
    for path in [*server_programs().values()] * 2:
        servers = attach(state_dir, server_binary=path)
        store = Store(servers.control_url, servers.blob_url)
        assert sorted(header.run for header in store.runs()) == sorted(runs)
        runs.append(store.create_run({}, steps=1, shards=1, evaluation_shards=1, arrays=ARRAYS))
        servers.close()
        wait_until(lambda: not processes_in(state_dir))


def test_a_server_that_died_is_started_again_on_its_port(state_dir: Path, program: Path) -> None:
    servers = attach(state_dir, server_binary=program)
    store = Store(servers.control_url, servers.blob_url)
    run = store.create_run({}, steps=1, shards=1, evaluation_shards=1, arrays=ARRAYS)
    for port in (address_of(state_dir).control_port, address_of(state_dir).blob_port):
        killed = server_on(state_dir, port)
        killed.kill()
        killed.wait(timeout=30)
    # The store waits for them by itself.
    assert store.header(run).state == "queued"
    assert store.blobs.keys_of("") == []
    servers.close()


def test_a_killed_keeper_is_replaced_and_the_servers_come_back_where_they_were(
    state_dir: Path, program: Path
) -> None:
    # Given two users that guard the servers, as workers do, and what the control server holds
    first, second = attach(state_dir, server_binary=program), attach(state_dir)
    store = Store(first.control_url, first.blob_url)
    run = store.create_run({}, steps=1, shards=1, evaluation_shards=1, arrays=ARRAYS)
    first.guard(program)
    second.guard(program)
    for kill in (psutil.Process.kill, psutil.Process.terminate):
        # When the keeper ends although there are users
        keeper = keeper_of(state_dir)
        kill(keeper)
        keeper.wait(timeout=30)
        # Then the store goes on by itself, on the same address and with the same records
        wait_until(lambda: address_of(state_dir).control_url == first.control_url and answers(first.blob_url))
        assert store.header(run).state == "queued"
        store.blobs.call("SET", "key", "value")
        keeper_of(state_dir)
        assert len(processes_in(state_dir)) == 3
    first.close()
    assert answers(second.control_url)
    second.close()
    wait_until(lambda: not processes_in(state_dir))


def test_a_forked_child_keeps_the_servers(state_dir: Path, program: Path) -> None:
    servers = attach(state_dir, server_binary=program)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    servers.close()
    keeper = keeper_of(state_dir)
    # It pauses once a look: after two more pauses it has looked at the lock that only the child holds.
    pauses = keeper.num_ctx_switches().voluntary
    wait_until(lambda: keeper.num_ctx_switches().voluntary >= pauses + 2)
    assert answers(address_of(state_dir).control_url)
    os.close(writing)
    os.waitpid(child, 0)
    wait_until(lambda: not processes_in(state_dir))


def test_a_stale_address_is_recognised_by_the_missing_keeper(state_dir: Path, program: Path) -> None:
    folder = Folder(state_dir / "servers")
    folder.path.mkdir(parents=True)
    folder.write_address(Address(free_port(), free_port(), "feed"))
    assert find(state_dir) is None
    servers = attach(state_dir, server_binary=program)
    assert answers(servers.control_url)
    servers.close()


def test_servers_without_a_keeper_are_ended_before_new_ones_start(
    state_dir: Path, tmp_path: Path, program: Path
) -> None:
    # Given a server that outlived its keeper, as where the kernel does not end it
    leftover = process.ServerProcess(
        program, tmp_path / "leftover", configuration=process.CONTROL, password="feed", maxmemory=2**28
    )
    leftover.start()
    folder = Folder(state_dir / "servers")
    folder.path.mkdir(parents=True)
    folder.write_address(Address(leftover.port, leftover.port, "feed"))
    # When somebody attaches
    servers = attach(state_dir, server_binary=program)
    # Then it is gone, and another one answers in its place
    assert not leftover.runs()
    assert servers.control_url == leftover.url
    assert answers(servers.blob_url)
    servers.close()
