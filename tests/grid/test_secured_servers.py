"""A run on two servers that are reached by TLS alone, with a user who may do no more than a worker needs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from grid.celery import create_app
from grid.dispatch import Dispatcher
from grid.settings import child_environment
from grid.store import Store
from tests.grid.processes import running, wait_until
from tests.grid.secured import PASSWORD, QUOTED, redis_server, start_secured

GRID = [sys.executable, "-m", "grid.cli.main"]


@pytest.fixture
def urls(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The addresses of two such servers, for control and blobs."""
    with ExitStack() as stack:
        yield start_secured(stack, tmp_path / "control"), start_secured(stack, tmp_path / "blobs")


def test_two_workers_train_over_tls_as_a_user_with_few_rights(urls: tuple[str, str], tmp_path: Path) -> None:
    # Given two workers that know the secured servers
    environment = child_environment({
        "GRID_BROKER_URL": urls[0], "GRID_BLOB_URL": urls[1], "GRID_STATE_DIR": str(tmp_path / "state"),
        "GRID_BACKEND": "numpy",
    })
    worker = [sys.executable, "-m", "celery", "-A", "grid", "worker", "--loglevel", "INFO"]
    logs = [tmp_path / f"worker{number}.log" for number in range(2)]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(running([*worker, "-n", log.stem], log, env=environment)) for log in logs
        ]
        for log, process in zip(logs, workers, strict=True):
            wait_until(lambda log=log: " ready." in log.read_text(), process)  # type: ignore[misc]
        # When a run is submitted and watched
        submitted = subprocess.run(
            [*GRID, "submit", "lenet", "--steps", "3", "--batch-size", "32", "--shards", "4"],
            env=environment, capture_output=True, text=True, timeout=60, check=True,
        )
        run = submitted.stdout.split()[-1]
        watched = subprocess.run(
            [*GRID, "watch", run], env=environment, capture_output=True, text=True, timeout=120, check=True
        )
        status = subprocess.run(
            [*GRID, "status", run, "--json"], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
    # Then it is finished, nobody was refused anything, and no log tells the password
    record = json.loads(status.stdout)
    assert record["state"] == "finished", watched.stderr
    told = "".join(log.read_text() for log in logs) + submitted.stderr + watched.stderr
    assert "NOPERM" not in told
    assert PASSWORD not in told
    assert QUOTED not in told


def test_the_server_of_another_certificate_is_refused(urls: tuple[str, str]) -> None:
    trusting_others = urls[0].partition("?")[0]
    with pytest.raises(Exception, match="certificate verify failed"):
        create_app(trusting_others).connection_for_write().channel().client.ping()
    store = Store(*urls)
    store.ping()
    store.close()


def test_a_socket_file_serves_the_store_and_the_queue(tmp_path: Path) -> None:
    command = [redis_server(), "--port", "0", "--unixsocket", str(tmp_path / "redis.sock"), "--save", "",
               "--requirepass", PASSWORD, "--dir", str(tmp_path)]
    url = f"unix://:{QUOTED}@{tmp_path}/redis.sock?db=1"
    with running(command, tmp_path / "redis.log") as server:
        wait_until(lambda: (tmp_path / "redis.sock").exists(), server)
        store = Store(url, url)
        store.ping()
        Dispatcher(store.control).send_step("0" * 12, 0, 2)
        assert store.control.call("LLEN", "grid") == 2
        store.close()
