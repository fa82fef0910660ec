"""Workers as forks of a process that has imported all they need: how they end is known, and they end with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from grid.servers import Servers
from grid.settings import child_environment
from grid.warm_start import WarmProcess, WarmStarter
from tests.grid.processes import wait_until

WORKER = ("-A", "grid", "worker", "--pool", "solo", "--without-gossip", "--without-mingle", "--loglevel", "INFO")


@pytest.fixture
def starter() -> Iterator[WarmStarter]:
    with WarmStarter() as opened:
        yield opened


def start(starter: WarmStarter, servers: Servers, log: Path) -> WarmProcess:
    """Start a worker and wait until it takes tasks."""
    environment = child_environment({
        "GRID_BROKER_URL": servers.control_url, "GRID_BLOB_URL": servers.blob_url, "GRID_BACKEND": "numpy",
    })
    process = starter.start(WORKER, environment=environment, log=log)
    wait_until(lambda: log.exists() and "ready" in log.read_text())
    return process


def test_a_worker_leads_a_process_group_and_is_told_from_others(
    starter: WarmStarter, servers: Servers, tmp_path: Path
) -> None:
    first, second = start(starter, servers, tmp_path / "first"), start(starter, servers, tmp_path / "second")
    assert os.getpgid(first.pid) == first.pid
    first.kill()
    assert first.wait(10) == -signal.SIGKILL
    assert second.poll() is None
    second.terminate()
    assert second.wait(20) == 0


def test_a_worker_that_cannot_start_ends_with_its_code_and_says_why(starter: WarmStarter, tmp_path: Path) -> None:
    process = starter.start(["worker", "--no-such-option"], environment=child_environment({}), log=tmp_path / "log")
    assert process.wait(20) == 2
    assert "no-such-option" in (tmp_path / "log").read_text()


def test_workers_end_with_the_process_that_forked_them(servers: Servers, tmp_path: Path) -> None:
    with WarmStarter() as starter:
        process = psutil.Process(start(starter, servers, tmp_path / "log").pid)
    psutil.wait_procs([process], timeout=20)
    assert not process.is_running()
