"""Three workers, one of which sends gradients with the wrong sign: it is found out, and what it did does not count."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from grid.client import Client
from grid.driver import compute, finished_record, follow, open_client
from grid.job import Job
from grid.local import train_local
from grid.local_workers import LocalWorkers
from grid.settings import Settings, child_environment, load
from tests.grid.processes import running, wait_until
from tests.tasks.conftest import SMALL_NETWORK

JOB = Job(network=SMALL_NETWORK, steps=250, batch_size=48, shards=8, seed=3, audit=0.05)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load(), broker_url=None, blob_url=None, state_dir=tmp_path / "state", backend="numpy")


@contextmanager
def cheating_worker(client: Client, plugin: str, log: Path) -> Iterator[None]:
    """Run a worker with a plugin, beside the honest ones, while the block runs."""
    secret = client.connection.secret
    assert secret is not None
    environment = child_environment({
        "GRID_BROKER_URL": client.connection.control_url, "GRID_BLOB_URL": client.connection.blob_url,
        "GRID_SECRET": secret.decode(), "GRID_BACKEND": "numpy", "GRID_PLUGINS": plugin,
    })  # fmt: skip
    command = [sys.executable, "-m", "celery", "-A", "grid", "worker", "--pool", "solo", "--hostname", "cheat@%h"]
    with running(command, log, env=environment) as process:
        wait_until(lambda: len(client.workers()) == 3, process)
        yield


@contextmanager
def three_workers(settings: Settings, plugin: str, log: Path) -> Iterator[tuple[Client, LocalWorkers]]:
    """Run two honest workers and a cheat while the block runs."""
    with (
        open_client(settings) as client,
        compute(client, settings, workers=2, backend="numpy") as workers,
        cheating_worker(client, plugin, log),
    ):
        yield client, workers


def test_a_worker_that_cheats_from_the_start_is_banned_and_changes_no_bit(settings: Settings, tmp_path: Path) -> None:
    honest = train_local(JOB, settings=settings, on_progress=lambda _: None, backend="numpy")
    with three_workers(settings, "tests.trust.cheating", tmp_path / "cheat.log") as (client, workers):
        run = client.submit(JOB, settings.data_dir)
        header = follow(client.store, run, lambda _: None, workers)
        assert header.state == "finished", header.error
        [ban] = client.store.banned().values()
        assert finished_record(client.store, run)["parameters_sha256"] == honest["parameters_sha256"]
    assert "differs from" in str(ban["reason"])
    # Its first two results are audited, and a step waits for its audits. A later result of that step may be found wrong
    # before them; or what it says of another's results gives it away.
    assert ban["result"] is None or (isinstance(ban["result"], int) and ban["result"] <= JOB.shards)


def test_a_worker_that_begins_to_cheat_when_it_is_trusted_is_banned_within_20_results(
    settings: Settings, tmp_path: Path
) -> None:
    job = JOB.model_copy(update={"steps": 10_000})
    with three_workers(settings, "tests.trust.cheating_later", tmp_path / "cheat.log") as (client, _):
        run = client.submit(job, settings.data_dir)
        wait_until(lambda: bool(client.store.banned()))
        client.store.cancel(run)
        [ban] = client.store.banned().values()
    # What it computes to audit others counts as one of the nine that it makes honestly, but not as one of its results.
    assert ban["result"] is None or (isinstance(ban["result"], int) and 2 < ban["result"] < 10 + 20)
