"""A worker that is behind makes its parameters and optimizer state current: by log, by snapshot, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

import tasks.apply
from grid.client import Client
from grid.errors import VersionLostError
from grid.job import Job
from grid.settings import load
from grid.store import Store, steps
from grid.worker import Worker
from tests.grid.processes import wait_until
from tests.tasks.tasks_done import apply, bits, gradient, local_bits, make_steps

ALL_STEPS = 8


@pytest.fixture
def job(job: Job) -> Job:
    return job.model_copy(update={"steps": ALL_STEPS})


@pytest.fixture
def run(client: Client, job: Job) -> str:
    return client.submit(job, load({}).data_dir)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a snapshot be taken every other step, and the log keep nothing from before it."""
    monkeypatch.setattr(tasks.apply, "SNAPSHOT_STEPS", 2)
    monkeypatch.setattr(steps, "LOG_KEPT", 0)


@pytest.fixture
def arrays_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens of the snapshots whose parameters have been read."""
    read: list[str] = []
    read_array = Store.read_array

    def noted(store: Store, run: str, token: str, name: str) -> np.ndarray:
        if name == "parameters":
            read.append(token)
        return read_array(store, run, token, name)

    monkeypatch.setattr(Store, "read_array", noted)
    return read


def catch_up(worker: Worker, run: str) -> bytes:
    """Catch up as a task without a log entry does, and return what the worker holds then."""
    session = worker.session(run)
    token = worker.store.header(run).token
    worker.catch_up.to(session, run, token)
    assert session.token == token
    return bits(session)


def test_a_worker_that_is_one_step_behind_replays_the_entry_that_its_claim_brought(
    worker: Worker, other: Worker, run: str, job: Job, arrays_read: list[str]
) -> None:
    # Given a worker that has the first version, and another that makes a step
    catch_up(other, run)
    make_steps(worker, run, 0)
    size = worker.store.version(run).entries[0].stored.size
    read = len(arrays_read)
    other.catch_up.taken()
    down = other.store.header(run).bytes_down
    # When it computes in the next one
    assert gradient(other, run, 1) == "complete"
    # Then it has read the encoded mean, and no more
    assert bits(other.session(run)) == local_bits(job, 1) == bits(worker.session(run))
    assert len(arrays_read) == read
    assert other.store.header(run).bytes_down - down == size
    assert apply(other, run, 1) == "accepted"


def test_a_new_worker_reads_the_snapshot_and_replays_the_log(
    worker: Worker, other: Worker, run: str, job: Job, arrays_read: list[str]
) -> None:
    first = worker.store.header(run).snapshot
    make_steps(worker, run, 0, 1, 2)
    arrays_read.clear()
    assert catch_up(other, run) == local_bits(job, 3)
    assert arrays_read == [first]


@pytest.mark.usefixtures("often")
def test_a_new_worker_reads_the_last_snapshot(
    worker: Worker, other: Worker, run: str, job: Job, arrays_read: list[str]
) -> None:
    make_steps(worker, run, 0, 1, 2, 3, 4)
    header = worker.store.header(run)
    assert header.snapshot_step == 4
    arrays_read.clear()
    assert catch_up(other, run) == local_bits(job, 5)
    assert arrays_read == [header.snapshot]


def test_a_worker_that_was_away_replays_what_it_has_missed(
    worker: Worker, other: Worker, run: str, job: Job, arrays_read: list[str]
) -> None:
    make_steps(other, run, 0)
    make_steps(worker, run, 1, 2, 3)
    arrays_read.clear()
    assert gradient(other, run, 4) == "complete"
    assert bits(other.session(run)) == local_bits(job, 4)
    assert arrays_read == []


@pytest.mark.usefixtures("often")
def test_a_worker_that_was_away_for_so_long_that_the_log_has_been_cut_reads_the_snapshot(
    worker: Worker, other: Worker, run: str, job: Job, arrays_read: list[str]
) -> None:
    make_steps(other, run, 0)
    make_steps(worker, run, 1, 2, 3, 4)
    assert [entry.step for entry in worker.store.version(run, have=1).entries] == [4]
    arrays_read.clear()
    assert gradient(other, run, 5) == "complete"
    assert bits(other.session(run)) == local_bits(job, 5)
    assert arrays_read == [worker.store.header(run).snapshot]


def test_parameters_that_have_gone_wrong_are_noticed_and_read_again(
    worker: Worker, other: Worker, run: str, job: Job
) -> None:
    # Given a worker in whose memory a bit has flipped
    catch_up(other, run)
    make_steps(worker, run, 0)
    session = other.session(run)
    values = session.parameters.numpy().copy()
    values.view(np.uint32)[3] ^= 1
    session.backend.write(session.parameters, values)
    # When it goes on to the next version
    assert gradient(other, run, 1) == "lost"
    # Then it takes no part with them, its shard is free, and the next time it has them right
    assert worker.store.committed(run, 1) == {}
    assert worker.store.leases(run, 1) == {}
    assert session.token is None
    make_steps(other, run, 1)
    assert bits(session) == local_bits(job, 2)


def test_an_entry_with_a_wrong_fingerprint_makes_no_version(worker: Worker, other: Worker, run: str) -> None:
    make_steps(worker, run, 0)
    entry = worker.store.version(run).entries[0]
    record = {**entry.record(), "fingerprint": entry.fingerprint ^ 1}
    worker.store.control.call("HSET", f"run:{run}:log", 0, json.dumps(record))
    for _ in range(2):
        assert gradient(other, run, 1) == "lost"
    assert worker.store.committed(run, 1) == {}
    # The one that made the version has it, and the run goes on.
    assert gradient(worker, run, 1) == "complete"


def test_a_worker_that_applies_catches_up_first(worker: Worker, other: Worker, run: str, job: Job) -> None:
    make_steps(worker, run, 0)
    assert gradient(worker, run, 1) == "complete"
    assert apply(other, run, 1) == "accepted"
    assert bits(other.session(run)) == local_bits(job, 2)


@pytest.mark.usefixtures("often")
def test_snapshots_are_taken_as_the_run_goes_on_and_at_its_end(worker: Worker, run: str, job: Job) -> None:
    for step in range(ALL_STEPS):
        make_steps(worker, run, step)
        made = step + 1
        assert worker.store.header(run).snapshot_step == made - made % 2
    header = worker.store.header(run)
    assert (header.snapshot, header.step) == (header.token, ALL_STEPS)
    found = [worker.store.read_array(run, header.snapshot, name).tobytes() for name in ("parameters", "optimizer")]
    assert b"".join(found) == local_bits(job, ALL_STEPS)


@pytest.mark.usefixtures("often")
def test_what_dead_appliers_left_behind_goes_with_the_next_snapshot(worker: Worker, run: str) -> None:
    orphan = "0" * 16
    worker.store.put_mean(run, 0, orphan, b"mean")
    make_steps(worker, run, 0)
    assert f"run:{run}:mean:0:{orphan}:0" in worker.store.blobs.keys_of(f"run:{run}:mean:")
    make_steps(worker, run, 1)
    assert f"run:{run}:mean:0:{orphan}:0" not in worker.store.blobs.keys_of(f"run:{run}:mean:")


def test_a_snapshot_that_is_gone_is_written_again_by_one_that_holds_the_version(
    worker: Worker, other: Worker, run: str, job: Job
) -> None:
    make_steps(worker, run, 0)
    worker.store.blobs.unlink(worker.store.blobs.keys_of(f"run:{run}:blob:"))
    # The one that has the version goes on without it.
    make_steps(worker, run, 1)
    with pytest.raises(VersionLostError):
        catch_up(other, run)
    assert gradient(other, run, 2) == "lost"
    assert worker.store.committed(run, 2) == {}
    # Which writes it again once it has heard of that.
    wait_until(lambda: worker.is_lost(run))
    assert gradient(worker, run, 2) == "complete"
    assert catch_up(other, run) == local_bits(job, 2)


def test_a_worker_keeps_sessions_of_the_runs_that_it_is_at(
    worker: Worker, client: Client, job: Job, new_worker: Callable[[], Worker]
) -> None:
    runs = [client.submit(job, load({}).data_dir) for _ in range(3)]
    for step in range(2):
        for run in runs:
            make_steps(worker, run, step)
    assert bits(worker.session(runs[2])) == local_bits(job, 2)
    assert catch_up(worker, runs[0]) == local_bits(job, 2)
