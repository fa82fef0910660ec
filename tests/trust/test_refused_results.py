"""Results that cannot count are taken back and computed again; the bits stay those of honest ones."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grid.connection import Connection
from grid.errors import SealError, ShardRefusedError
from grid.job import Job
from grid.norm_bound import check_norms, lower_median
from grid.session import Gradient, Plan, Session
from grid.settings import load
from grid.store import Finished
from grid.worker import Task, Worker
from mathcore import backends
from tasks.apply import publish_step
from tasks.gradient import compute_shards
from tasks.payload import make_payload


def gradients(worker: Worker, run: str, step: int) -> str:
    return worker.perform(run, step, "gradient", compute_shards)


def apply(worker: Worker, run: str, step: int) -> str:
    return worker.perform(run, step, "apply", publish_step)


def make_step(worker: Worker, run: str) -> None:
    """Compute and apply until the step is made: the supervisor and apply both take out what is forged."""
    gradients(worker, run, 0)
    while (outcome := apply(worker, run, 0)) != "accepted":
        assert outcome in ("refused", "early")
        assert gradients(worker, run, 0) == "complete"


def parameters(worker: Worker, run: str) -> bytes:
    """Return the bytes of the run's current parameters."""
    session = worker.session(run)
    worker.catch_up.to(session, run, worker.store.header(run).token)
    return session.parameters.numpy().tobytes()


def honest(job: Job) -> bytes:
    """Return the bytes of the parameters after one honest step."""
    session = Session(Plan(job, load({}).data_dir), backends.create("numpy"))
    session.start()
    bodies = []
    for shard in range(job.shards):
        gradient = session.gradient(0, shard)
        bodies.append((memoryview(session.encode(gradient, step=0, shard=shard)), gradient.examples))
    session.apply(0, bodies)
    return session.parameters.numpy().tobytes()


def forge(worker: Worker, run: str, change: dict[str, Any]) -> None:
    """Write a record of shard 1 as somebody would who can write to the server, but does not know the secret."""
    record = {
        "loss": 0.5, "examples": 4, "class": worker.backend.equivalence_class, "worker": worker.id,
        "token": secrets.token_hex(8), "size": 0, "chunks": [], **change,
    }  # fmt: skip
    worker.store.control.call("HSET", f"run:{run}:done:0", 1, json.dumps(record))


@pytest.mark.parametrize("change", [{}, {"worker": "other:1", "seal": "f" * 64}])
def test_a_result_without_a_seal_is_refused_and_computed_again(
    worker: Worker, run: str, job: Job, caplog: pytest.LogCaptureFixture, change: dict[str, Any]
) -> None:
    forge(worker, run, change)
    make_step(worker, run)
    assert "a record was refused" in caplog.text
    assert parameters(worker, run) == honest(job)


@pytest.mark.parametrize("value", ["{", '{"token": 1}', "[" * 10_000])
def test_a_record_that_is_none_is_refused_and_computed_again(
    worker: Worker, run: str, job: Job, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    worker.store.control.call("HSET", f"run:{run}:done:0", 1, value)
    make_step(worker, run)
    assert "a record was refused" in caplog.text
    assert parameters(worker, run) == honest(job)


def test_a_log_entry_without_a_seal_is_not_replayed(worker: Worker, connection: Connection, run: str) -> None:
    gradients(worker, run, 0)
    assert apply(worker, run, 0) == "accepted"
    store = connection.open_store("reader")
    assert len(store.version(run, have=0).entries) == 1
    entry = json.loads(store.control.call("HGET", f"run:{run}:log", 0))
    store.control.call("HSET", f"run:{run}:log", 0, json.dumps({**entry, "fingerprint": 1}))
    with pytest.raises(SealError, match="log entry of step 0: the seal"):
        store.version(run, have=0)


def test_a_snapshot_without_a_seal_is_not_read(worker: Worker, run: str) -> None:
    token = worker.store.header(run).snapshot
    key = f"run:{run}:manifest:{token}"
    manifest = json.loads(worker.store.control.call("GET", key))
    del manifest["seal"]
    worker.store.control.call("SET", key, json.dumps(manifest))
    with pytest.raises(SealError, match="manifest of version"):
        worker.store.read_array(run, token, "parameters")


def commit(worker: Worker, run: str, shard: int, factor: float) -> None:
    """Commit a shard's gradient times a factor, sealed as by another worker that knows the secret."""
    session, task = worker.session(run), Task(run, 0, f"gradient:{shard}")
    worker.catch_up.to(session, run, worker.store.header(run).token)
    encode = session.encode

    def scaled(gradient: Gradient, *, step: int, shard: int) -> bytes:
        vector = session.backend.asarray(gradient.vector.numpy() * np.float32(factor))
        return encode(replace(gradient, vector=vector), step=step, shard=shard)

    session.encode = scaled  # type: ignore[method-assign]  # a cheat
    payload, result = make_payload(worker, task, session, shard)
    del session.encode
    stored = worker.store.put_gradient(run, 0, shard, payload)
    record = {"loss": result.loss, "examples": result.examples, "class": worker.backend.equivalence_class}
    worker.store.claim(run, 0, "other:1", lease_seconds=0.001, finished=[Finished(shard, stored, record)])


def test_a_gradient_far_beyond_the_others_is_refused_and_computed_again(worker: Worker, run: str, job: Job) -> None:
    commit(worker, run, 2, factor=1e6)
    gradients(worker, run, 0)
    assert apply(worker, run, 0) == "refused"
    gradients(worker, run, 0)
    assert apply(worker, run, 0) == "accepted"
    assert parameters(worker, run) == honest(job)


def test_a_shard_that_fails_three_times_is_quarantined_with_its_inputs(worker: Worker, run: str) -> None:
    for attempt in range(3):
        assert worker.store.header(run).state == "running"
        commit(worker, run, 2, factor=1e6)
        gradients(worker, run, 0)
        assert apply(worker, run, 0) == ("failed" if attempt == 2 else "refused")
    error = worker.store.header(run).error
    assert error is not None
    assert error.startswith("step 0, gradient:2: expected a gradient with a norm of at most 1000 times")
    assert "quarantined after 3 attempts" in error
    examples = ", ".join(str(number) for number in worker_examples(worker, run))
    assert f"its inputs: training examples {examples} of mnist" in error


def worker_examples(worker: Worker, run: str) -> list[int]:
    return [int(number) for number in worker.session(run).examples(0, 2)]


def test_what_is_typical_keeps_one_large_gradient_among_small_ones_in() -> None:
    norms = [1e-9, 2e-9, 1e-9, 1.0]
    check_norms(norms, bound=1000, typical=0.5)
    with pytest.raises(ShardRefusedError) as caught:
        check_norms(norms, bound=1000, typical=None)
    assert caught.value.shard == 3


@pytest.mark.parametrize(("norms", "expected"), [([], 0.0), ([0, 0], 0.0), ([1, 9], 1), ([0, 3, 1, 2], 2)])
def test_the_lower_median_leaves_zeros_out(norms: list[float], expected: float) -> None:
    assert lower_median(norms) == expected


def test_a_banned_worker_gets_no_shard_and_makes_no_step(worker: Worker, run: str) -> None:
    worker.store.ban(worker.id, {"reason": "a test", "run": run, "step": 0})
    assert worker.store.claim(run, 0, worker.id, lease_seconds=1).outcome == "banned"
    for shard in range(3):
        commit(worker, run, shard, factor=1.0)
    assert worker.store.gather(run, 0, 3, worker.id, lease_seconds=1).outcome == "banned"
    assert worker.store.gather(run, 0, 3, "other:2", lease_seconds=1).outcome == "granted"
