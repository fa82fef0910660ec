"""Catching up by log entries that are sealed, each for its own step."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from grid.connection import Connection
from grid.errors import SealError
from grid.job import Job
from grid.settings import load
from grid.worker import Worker
from mathcore import backends
from tests.tasks.tasks_done import bits, gradient, local_bits, make_steps


@pytest.fixture
def job(job: Job) -> Job:
    return job.model_copy(update={"steps": 8})


@pytest.fixture
def other(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A second worker, as if on another machine."""
    with monkeypatch.context() as patch:
        patch.setattr(socket, "gethostname", lambda: "other")
        made = Worker(connection, load({}), backends.create("numpy"))
    yield made
    made.stop()


def test_a_worker_that_missed_several_steps_catches_up_with_its_next_task(
    worker: Worker, other: Worker, run: str, job: Job
) -> None:
    # Given a worker that holds the first step, and another that has made three more
    make_steps(other, run, 0)
    make_steps(worker, run, 1, 2, 3)
    # When its next task brings the last entry, which does not lead on from what it holds
    # Then it reads the others too, and computes
    assert gradient(other, run, 4) == "complete"
    assert bits(other.session(run)) == local_bits(job, 4)


def test_an_entry_that_leads_on_from_what_the_worker_holds_must_be_sealed(
    worker: Worker, other: Worker, run: str
) -> None:
    make_steps(other, run, 0)
    make_steps(worker, run, 1)
    token, session = worker.store.header(run).token, other.session(run)
    held = session.token
    entry = json.loads(worker.store.control.call("HGET", f"run:{run}:log", 1))
    forged = json.dumps({**entry, "fingerprint": 1}).encode()
    with pytest.raises(SealError, match="log entry of step 1: the seal"):
        other.catch_up.to(session, run, token, forged)
    assert session.token == held
