"""One server process: free ports, restarts, ends."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from grid.errors import ServerError
from grid.servers import process
from grid.servers.process import BLOBS, CONTROL, ServerProcess, answers
from grid.store.control_server import ControlServer


def server(program: Path, folder: Path) -> ServerProcess:
    return ServerProcess(program, folder, configuration=BLOBS, password="secret", maxmemory=2**26)


def test_a_port_taken_by_another_program_is_passed_over(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken, free = other.getsockname()[1], process.free_port()
        offers = iter([taken, taken, free])
        monkeypatch.setattr(process, "free_port", lambda: next(offers))
        started = server(program, tmp_path / "server")
        started.start()
        assert started.port == free
        assert answers(started.url)
        started.stop()


def test_a_port_that_users_know_is_waited_for_while_another_server_is_just_ending(
    program: Path, tmp_path: Path
) -> None:
    other = socket.create_server(("127.0.0.1", 0))
    port = other.getsockname()[1]
    closing = threading.Timer(0.3, other.close)
    closing.start()
    started = server(program, tmp_path / "server")
    started.start(port)
    assert started.port == port
    started.stop()
    closing.join()


def test_ports_are_not_those_of_outgoing_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        assert client.getsockname()[1] not in process.PORTS
    assert process.free_port() in process.PORTS


def test_a_server_that_never_gets_a_port_tells_its_last_words(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(process, "free_port", lambda: other.getsockname()[1])
        with pytest.raises(ServerError, match=r"does not start: .*; see .*server\.log"):
            server(program, tmp_path / "server").start()


def test_a_stopped_server_keeps_what_was_written(program: Path, tmp_path: Path) -> None:
    started = ServerProcess(program, tmp_path / "c", configuration=CONTROL, password="secret", maxmemory=2**26)
    started.start()
    ControlServer(started.url).call("SET", "key", "value")
    assert not started.restart_if_dead()
    started.stop()
    assert not answers(started.url)
    assert started.restart_if_dead()
    assert ControlServer(started.url).call("GET", "key") == b"value"
    started.stop()


def test_a_folder_name_with_spaces_and_quotes_is_fine(program: Path, tmp_path: Path) -> None:
    started = server(program, tmp_path / "a 'folder' with \"quotes\"")
    started.start()
    assert answers(started.url)
    started.stop()


def test_nobody_answers_where_nobody_listens() -> None:
    assert not answers(f"redis://:secret@127.0.0.1:{process.free_port()}/0")
