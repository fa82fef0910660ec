"""A worker killed with kill -9 costs a few seconds and not one bit."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from grid.driver import compute, finished_record, follow, open_client
from grid.job import Job
from grid.local import train_local
from grid.local_workers import LocalWorkers
from grid.progress import Progress
from grid.settings import Settings, load

JOB = Job(network="lenet", data="mnist", steps=30, batch_size=64, shards=4, seed=1)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    state_dir: Path = tmp_path_factory.mktemp("state")
    return replace(load(), broker_url=None, blob_url=None, state_dir=state_dir)


@pytest.fixture(scope="module")
def calm(settings: Settings) -> str:
    """The SHA-256 of the undisturbed run."""
    return str(train_local(JOB, settings=settings, on_progress=lambda _: None)["parameters_sha256"])


class Killer:
    """Kills one worker, with kill -9, as soon as the run has reached a step."""

    def __init__(self, workers: LocalWorkers, victim: int, step: int) -> None:
        self.workers = workers
        self.victim = victim
        self.step = step
        self.killed: int | None = None

    def __call__(self, progress: Progress) -> None:
        if self.killed is None and progress.step >= self.step:
            self.killed = self.workers.process_ids[self.victim]
            os.kill(self.killed, signal.SIGKILL)


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_worker_does_not_change_the_result(settings: Settings, calm: str, seed: int) -> None:
    chance = random.Random(seed)
    with open_client(settings) as client:
        run = client.submit(JOB, settings.data_dir)
        with compute(client, settings, workers=2) as workers:
            killer = Killer(workers, victim=chance.randrange(2), step=chance.randrange(1, 25))
            header = follow(client.store, run, killer, workers)
            assert killer.killed is not None
            assert killer.killed not in workers.process_ids, "the dead worker was replaced"
            assert header.state == "finished", header.error
            record = finished_record(client.store, run)
    assert record["parameters_sha256"] == calm
    assert record["steps"] == JOB.steps
