"""A worker started by hand serves a Redis server that the user runs, for the command and for a Python script."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grid.settings import child_environment
from tests.grid.processes import free_port, running, wait_until

GRID = [sys.executable, "-m", "grid.cli.main"]
PASSWORD = "correct horse"
SCRIPT = """
from grid import submit
run = submit("lenet", data="mnist", steps=3, batch_size=32, shards=2)
run.wait(timeout=120)
print(run.result()["test_accuracy"])
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment in which GRID_BROKER_URL names a system Redis server with a password, and a worker serves it."""
    server, port = shutil.which("redis-server"), free_port()
    assert server, "expected redis-server on the PATH; install Debian's package redis-server"
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "",
               "--dir", str(tmp_path)]
    environment = child_environment({
        "GRID_BROKER_URL": f"redis://:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/0",
        "GRID_BLOB_URL": None,
        "GRID_STATE_DIR": str(tmp_path / "state"),
    })
    worker = [sys.executable, "-m", "celery", "-A", "grid", "worker", "--loglevel", "INFO"]
    with (
        running(command, tmp_path / "redis.log"),
        running(worker, tmp_path / "worker.log", env=environment) as process,
    ):
        wait_until(lambda: " ready." in (tmp_path / "worker.log").read_text(), process)
        yield environment


def test_a_worker_started_by_hand_serves_the_command_and_a_script(environment: dict[str, str]) -> None:
    submitted = subprocess.run(
        [*GRID, "submit", "lenet", "--steps", "3", "--batch-size", "32", "--shards", "2"],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )
    run = submitted.stdout.split()[-1]
    watched = subprocess.run(
        [*GRID, "watch", run],
        env=environment, capture_output=True, text=True, timeout=120, check=True,
    )
    status = subprocess.run(
        [*GRID, "status", run, "--json"],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )
    assert json.loads(status.stdout)["state"] == "finished", watched.stderr
    script = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert 0.0 < float(script.stdout) <= 1.0
