"""``grid pause`` and ``grid resume``, a killed ``grid train``, and workers that come and go, as a user sees them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from grid.client import Client
from grid.connection import Connection
from grid.job import Job
from grid.local import train_local
from grid.result import parameters_sha256
from grid.run_folder import RunFolder
from grid.servers import find
from grid.settings import load
from mathcore.network import Network
from tests.grid.cli.shell import Shell
from tests.grid.processes import wait_until
from tests.tasks.conftest import SMALL_NETWORK

STEPS = 300
OPTIONS = ("--data", "mnist", "--batch-size", "24", "--shards", "4", "--seed", "1", "--steps", str(STEPS))


@pytest.fixture
def job(shell: Shell) -> tuple[str, ...]:
    """A network file and the options of a job."""
    file = shell.folder / "network.json"
    file.write_text(json.dumps(SMALL_NETWORK))
    return (str(file), *OPTIONS)


def sha256(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["steps"] == STEPS
    return str(record["parameters_sha256"])


@cache
def calm(steps: int = STEPS) -> str:
    """Return the SHA-256 of the undisturbed training."""
    job = Job(network=SMALL_NETWORK, data="mnist", batch_size=24, shards=4, seed=1, steps=steps)
    settings = replace(load({}), backend="numpy")
    return str(train_local(job, settings=settings, on_progress=lambda _: None)["parameters_sha256"])


def joined(shell: Shell) -> Client:
    """Return a client of the embedded servers of a shell."""
    running = find(Path(shell.environment["GRID_STATE_DIR"]))
    assert running is not None
    return Client(Connection(running.control_url, running.blob_url, running))


def step_of(client: Client) -> int:
    """Return the step of the only run, or -1 while there is none."""
    return max((header.step for header in client.store.runs()), default=-1)


def first_lines(process: subprocess.Popen[str], beginning: str) -> None:
    """Read what a command writes until a line begins so."""
    assert process.stderr is not None
    while not process.stderr.readline().startswith(beginning):
        assert process.poll() is None


def test_a_run_goes_on_when_its_driver_was_killed(shell: Shell, job: tuple[str, ...]) -> None:
    # Given a training that is killed with kill -9 on its way
    process = shell.start("train", *job, "--workers", "2")
    first_lines(process, "running: step")
    client = joined(shell)
    wait_until(lambda: step_of(client) >= STEPS // 4)
    (run,) = [header.run for header in client.store.runs()]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    client.connection.close()
    # Then workers and servers end by themselves
    assert shell.left_running() == []
    # When it is resumed, then it comes to the same parameters, without a step lost
    resumed = shell.run("resume", run, "--workers", "1", "--json", "-")
    assert sha256(resumed) == calm()
    assert re.search(rf"finished: step {STEPS}/{STEPS}", resumed.stderr)
    # And once more it has nothing left to do
    assert sha256(shell.run("resume", run, "--json", "-")) == sha256(resumed)


def test_a_paused_run_survives_ctrl_c_and_is_resumed(shell: Shell, job: tuple[str, ...]) -> None:
    process = shell.start("train", *job, "--workers", "1")
    first_lines(process, "running: step")
    client = joined(shell)
    wait_until(lambda: step_of(client) >= 1)
    (run,) = [header.run for header in client.store.runs()]
    assert client.store.pause(run)  # at once: the command would take as long as the run
    client.connection.close()
    assert shell.run("pause", run).stdout == f"run {run} is paused already\n"
    assert "state      paused" in shell.run("status", run).stdout
    shell.press_ctrl_c(process)
    assert process.returncode == 130
    assert sha256(shell.run("resume", run, "--workers", "1", "--json", "-")) == calm()


def test_workers_join_and_leave_while_others_compute(shell: Shell, job: tuple[str, ...]) -> None:
    # Given a run that is under way
    long = (*job, "--steps", "100000")
    process = shell.start("train", *long, "--workers", "1", "--json", "-")
    first_lines(process, "running: step")
    client = joined(shell)
    wait_until(lambda: step_of(client) >= 1)
    before = {worker["worker"] for worker in client.store.workers()}

    def all_joined() -> bool:
        news = [worker for worker in client.store.workers() if worker["worker"] not in before]
        return len(news) == 3 and any(worker["shards_done"] for worker in news)

    # When a worker of one process and one of two join, compute some shards, and are told to stop
    stops = {"solo": signal.SIGTERM, "processes": signal.SIGINT}
    joiners = {pool: shell.start("worker", "--pool", pool, "--concurrency", "2") for pool in stops}
    wait_until(all_joined, seconds=90)
    for pool, joiner in joiners.items():
        joiner.send_signal(stops[pool])
    errors = {pool: joiner.communicate(timeout=60)[1] for pool, joiner in joiners.items()}
    # Then they end well and are off the list at once, while the run goes on
    assert {pool: joiner.returncode for pool, joiner in joiners.items()} == {"solo": 0, "processes": 0}, errors
    assert {worker["worker"] for worker in client.store.workers()} == before
    (run,) = client.store.runs()
    assert run.state == "running", "they left while there was work"
    # And no step is lost or made twice
    assert shell.run("pause", run.run).stdout == f"run {run.run} paused; go on with `grid resume {run.run}`\n"
    client.connection.close()
    shell.press_ctrl_c(process)
    checkpoint = RunFolder(Path(shell.environment["GRID_STATE_DIR"]), run.run).newest()
    assert checkpoint is not None
    vector = checkpoint.parameter_vector(Network(SMALL_NETWORK).layout)
    assert parameters_sha256(vector) == calm(checkpoint.step)
