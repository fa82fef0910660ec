"""``grid demo`` as a process: the page is there while it trains and after, and nothing is left when it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from grid.cli.web_server import free_port
from tests.grid.cli.shell import Shell

END_SECONDS = 60


def test_with_exit_it_trains_says_what_came_out_and_ends(shell: Shell) -> None:
    done = shell.run("demo", "--exit", "--steps", "10")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("status page: http://127.0.0.1:")
    assert "test accuracy" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_page_stays_until_ctrl_c(shell: Shell) -> None:
    # Given a demo
    process = shell.start("demo", "--steps", "10")
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    # When the page is opened at once, and again when the training is done
    assert urllib.request.urlopen(url, timeout=10).status == 200
    while "Ctrl-C ends" not in process.stdout.readline():
        assert process.poll() is None
    assert urllib.request.urlopen(url, timeout=10).status == 200
    # Then Ctrl-C ends it in good order
    errors = shell.press_ctrl_c(process)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_terminated_demo_stops_all_that_it_started(shell: Shell) -> None:
    process = shell.start("demo", "--steps", "100000")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("status page")
    process.terminate()
    errors = process.communicate(timeout=END_SECONDS)[1]
    assert process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in errors
    assert shell.left_running() == []


def test_a_killed_demo_leaves_nothing_running(shell: Shell) -> None:
    process = shell.start("demo", "--steps", "100000")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("status page")
    process.kill()
    process.communicate()
    assert shell.left_running() == []


def test_a_port_in_use_is_replaced_by_a_free_one() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        assert free_port(taken) != taken


def test_a_free_port_is_kept() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
    assert free_port(port) == port


def test_pages_of_grid_web_answer_until_the_process_is_stopped(shell: Shell) -> None:
    port = free_port(5000)
    grid_process = shell.start("worker", "--loglevel", "ERROR")
    process = shell.start("web", "--port", str(port))
    try:
        _wait_for(port, process)
    finally:
        for started in (process, grid_process):
            started.send_signal(signal.SIGTERM)
            started.communicate(timeout=END_SECONDS)


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            continue
        return
    pytest.fail(f"nobody answers at port {port}")
