"""``grid submit``, ``runs``, ``status``, ``watch`` and ``cancel`` against a worker that is running."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.grid.cli.shell import Shell

READY_SECONDS = 30


@pytest.fixture
def worker(shell: Shell) -> Iterator[subprocess.Popen[str]]:
    """A ``grid worker`` with its embedded servers, ready to serve."""
    process = shell.start("worker", "--loglevel", "ERROR")
    deadline = time.monotonic() + READY_SECONDS
    while shell.run("runs").returncode != 0:
        assert process.poll() is None
        assert time.monotonic() < deadline
    yield process
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


@pytest.mark.usefixtures("worker")
def test_a_submitted_run_is_listed_watched_and_shown(shell: Shell) -> None:
    # Given a run submitted from a shell
    submitted = shell.run("submit", "lenet", "--steps", "3", "--batch-size", "32", "--shards", "2")
    assert submitted.returncode == 0, submitted.stderr
    run = submitted.stdout.strip()
    # When it is watched to its end
    watched = shell.run("watch", run, "--json", "-")
    # Then the record, the list and the status agree on it
    assert watched.returncode == 0, watched.stderr
    record = json.loads(watched.stdout)
    assert (record["run"], record["steps"]) == (run, 3)
    assert run in shell.run("runs").stdout
    (listed,) = json.loads(shell.run("runs", "--json").stdout)
    assert (listed["run"], listed["state"]) == (run, "finished")
    shown = shell.run("status", run).stdout
    assert "state      finished" in shown
    assert f"accuracy   {record['test_accuracy']:.2%} at step 3" in shown
    history = json.loads(shell.run("status", run, "--json").stdout)["history"]
    assert [entry["kind"] for entry in history] == ["step", "step", "step", "evaluation"]


@pytest.mark.usefixtures("worker")
def test_a_cancelled_run_is_over_for_all(shell: Shell) -> None:
    run = shell.run("submit", "lenet", "--steps", "100000").stdout.strip()
    assert shell.run("cancel", run).stdout == f"run {run} cancelled\n"
    assert shell.run("cancel", run).stdout == f"run {run} is over already: cancelled\n"
    watched = shell.run("watch", run)
    assert watched.returncode == 2
    assert f"error: run {run} cancelled" in watched.stderr


@pytest.mark.usefixtures("worker")
def test_a_run_that_nobody_knows_is_told(shell: Shell) -> None:
    for command in ("status", "watch", "cancel"):
        done = shell.run(command, "0123456789ab")
        assert done.returncode == 2
        assert done.stderr.startswith("error: ")
        assert "0123456789ab" in done.stderr
        assert done.stderr.count("\n") == 1
