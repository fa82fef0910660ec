"""A blob server that loses everything, servers and driver that are gone: the run comes to the same bits."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grid import driver
from grid.client import Client
from grid.driver import compute, finished_record, follow, open_client
from grid.job import Job
from grid.local import train_local
from grid.progress import Progress
from grid.run_folder import RunFolder
from grid.servers import locks
from grid.servers.folder import open_folder
from grid.settings import Settings, load
from tests.grid.processes import wait_until
from tests.tasks.conftest import SMALL_NETWORK

STEPS, EVERY, WHEN = 90, 20, 50
JOB = Job(
    network=SMALL_NETWORK, steps=STEPS, batch_size=24, shards=4, seed=1, evaluate_every=30, checkpoint_every=EVERY
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load({}), state_dir=tmp_path / "state", backend="numpy")


@pytest.fixture(scope="module")
def calm() -> str:
    """The SHA-256 of the undisturbed run."""
    return str(train_local(JOB, settings=replace(load({}), backend="numpy"), on_progress=ignore)["parameters_sha256"])


def ignore(progress: Progress) -> None:
    """Show nothing."""


class Once:
    """Does something once, as soon as a run has come to a step."""

    def __init__(self, step: int, action: Callable[[], None]) -> None:
        self._step = step
        self._action: Callable[[], None] | None = action

    def __call__(self, progress: Progress) -> None:
        if self._action is not None and progress.step >= self._step:
            action, self._action = self._action, None
            action()


class CutOffError(Exception):
    """Stands for whatever ends a driver."""


def empty_blobs(client: Client) -> None:
    """Do what a restart does to a server that keeps nothing."""
    for server in client.store.blobs.servers:
        server.call("FLUSHALL")


def check(record: dict[str, Any], calm: str) -> None:
    assert record["parameters_sha256"] == calm
    assert (record["steps"], record["examples"]) == (STEPS, STEPS * JOB.batch_size)


def lose_servers(settings: Settings) -> None:
    """Delete all files of the servers, once their keeper has ended: it writes to the last."""
    folder = open_folder(settings.state_dir)
    wait_until(lambda: free(folder.keeper_lock))
    shutil.rmtree(folder.path)


def free(lock: Path) -> bool:
    descriptor = locks.try_exclusive(lock)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def check_history(history: list[dict[str, Any]]) -> None:
    steps = [entry["step"] for entry in history if entry["kind"] == "step"]
    assert steps == list(range(1, STEPS + 1)), "every step once, in order"
    assert [entry["step"] for entry in history if entry["kind"] == "evaluation"] == [30, 60, 90]


def test_a_version_that_a_worker_holds_outlives_the_blobs(settings: Settings, calm: str) -> None:
    with open_client(settings) as client:
        run = client.submit(JOB, settings.data_dir)
        with compute(client, settings, workers=2, backend="numpy") as local:
            # The worker that made the last step has it; the other one may need it.
            assert follow(client.store, run, Once(WHEN, lambda: empty_blobs(client)), local).state == "finished"
            record = finished_record(client.store, run)
        assert client.store.header(run).generation == 0, "nothing was set back"
        check(record, calm)
        check_history(client.store.history(run))


@pytest.mark.parametrize("files", ["checkpoint files", "no files"])
def test_a_version_that_nobody_holds_is_made_again(settings: Settings, calm: str, files: str) -> None:
    # Given a run whose only worker and blobs go at once
    with open_client(settings) as client:
        run = client.submit(JOB, settings.data_dir)
        folder = RunFolder(settings.state_dir, run)
        with compute(client, settings, workers=1, backend="numpy") as local:

            def lose() -> None:
                for process in local.process_ids:
                    os.kill(process, signal.SIGKILL)
                assert folder.steps(), "a checkpoint is there by now"
                if files == "no files":
                    shutil.rmtree(folder.path)
                empty_blobs(client)

            # When a new worker comes
            assert follow(client.store, run, Once(WHEN, lose), local).state == "finished"
            record = finished_record(client.store, run)
        # Then it was set back once, and is the same run
        assert client.store.header(run).generation == 1
        check(record, calm)
        check_history(client.store.history(run))


@pytest.fixture
def cut_off(settings: Settings) -> str:
    """A run that was paused and left: its workers have put away what they had, and the servers are gone."""
    with open_client(settings) as client:
        run = client.submit(JOB, settings.data_dir)

        def leave() -> None:
            client.store.pause(run)
            raise CutOffError

        with (
            pytest.raises(CutOffError),
            compute(client, settings, workers=1, backend="numpy") as local,
        ):
            follow(client.store, run, Once(WHEN, leave), local)
        step = client.store.header(run).step
    assert WHEN <= step < STEPS
    assert RunFolder(settings.state_dir, run).steps()[0] == step, "the worker that left saved the current version"
    return run


def test_a_paused_run_outlives_servers_that_keep_their_files(settings: Settings, calm: str, cut_off: str) -> None:
    record = driver.resume(cut_off, settings=settings, on_progress=ignore, workers=1)
    check(record, calm)
    assert record["run"] == cut_off


def test_a_run_is_made_again_when_the_servers_know_nothing_of_it(settings: Settings, calm: str, cut_off: str) -> None:
    lose_servers(settings)
    record = driver.resume(cut_off, settings=settings, on_progress=ignore, workers=1)
    check(record, calm)
    assert record["run"] == cut_off
    # And its parameters are still here when the servers have lost them once more
    lose_servers(settings)
    again = driver.resume(cut_off, settings=settings, on_progress=ignore, workers=1)
    assert again["parameters_sha256"] == calm
