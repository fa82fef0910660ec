"""A step may be computed and applied any number of times, in any order, and happens once."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from grid.client import Client
from grid.job import Job
from grid.local import Trainer
from grid.session import Plan, Session
from grid.settings import load
from grid.worker import Worker
from mathcore import backends
from mathcore.layers import registry
from tasks.apply import publish_step
from tasks.evaluate import commit_score
from tasks.gradient import commit_shard
from tests.observing_layers import network


def gradient(worker: Worker, run: str, step: int, shard: int) -> str:
    return worker.perform(run, step, "gradient", f"gradient:{shard}", partial(commit_shard, shard=shard))


def apply(worker: Worker, run: str, step: int) -> str:
    return worker.perform(run, step, "gradient", "apply", publish_step)


def evaluate(worker: Worker, run: str, step: int, shard: int) -> str:
    return worker.perform(run, step, "evaluate", f"evaluate:{shard}", partial(commit_score, shard=shard))


@pytest.fixture
def run(client: Client, job: Job) -> str:
    return client.submit(job, load({}).data_dir)


def parameters(worker: Worker, run: str) -> np.ndarray:
    return worker.store.read_array(run, worker.store.header(run).token, "parameters")


def test_gradient_task_run_twice_stores_one_gradient(worker: Worker, run: str) -> None:
    assert gradient(worker, run, 0, 1) == "accepted"
    first = worker.store.committed(run, 0)[1]
    assert gradient(worker, run, 0, 1) == "duplicate"
    assert worker.store.committed(run, 0) == {1: first}


def test_apply_before_all_shards_are_in_changes_nothing(worker: Worker, run: str) -> None:
    gradient(worker, run, 0, 0)
    before = worker.store.header(run)
    assert apply(worker, run, 0) == "early"
    assert worker.store.header(run).token == before.token
    assert worker.store.header(run).step == 0


def test_apply_task_run_twice_applies_once(worker: Worker, run: str) -> None:
    for shard in range(3):
        gradient(worker, run, 0, shard)
    assert apply(worker, run, 0) == "accepted"
    after = parameters(worker, run)
    assert apply(worker, run, 0) == "stale"
    assert worker.store.header(run).step == 1
    np.testing.assert_array_equal(parameters(worker, run), after)
    assert [record["step"] for record in worker.store.history(run)] == [1]


def test_a_gradient_of_a_past_step_is_stale(worker: Worker, run: str) -> None:
    for shard in range(3):
        gradient(worker, run, 0, shard)
    apply(worker, run, 0)
    assert gradient(worker, run, 0, 0) == "stale"
    assert gradient(worker, run, 2, 0) == "stale"


@pytest.mark.parametrize("codec", ["dynamic8", "float32", "ternary"])
@pytest.mark.parametrize("layers", [(), ("test_centring",)], ids=["learned", "with running statistics"])
def test_shards_in_any_order_give_the_bits_of_local_training(
    worker: Worker, client: Client, job: Job, layers: tuple[str, ...], codec: str
) -> None:
    job = job.model_copy(update={"network": network(*layers), "codec": codec, "micro_batch": 3})
    run = client.submit(job, load({}).data_dir)
    # Given: the same job trained in this process
    session = Session(Plan(job, load({}).data_dir), backends.create("numpy"))
    trainer = Trainer.start(session)
    for step in range(job.steps):
        trainer.step(step)
    # When: its shards are committed in other orders
    for step, order in enumerate([(2, 0, 1), (1, 2, 0)]):
        for shard in order:
            gradient(worker, run, step, shard)
        apply(worker, run, step)
    # Then
    assert parameters(worker, run).tobytes() == session.parameters.numpy().tobytes()


def test_the_last_evaluation_shard_finishes_the_run_once(worker: Worker, run: str) -> None:
    for step in range(2):
        for shard in range(3):
            gradient(worker, run, step, shard)
        apply(worker, run, step)
    header = worker.store.header(run)
    assert (header.phase, header.step, header.state) == ("evaluate", 2, "running")
    for shard in reversed(range(header.evaluation_shards)):
        assert worker.store.header(run).state == "running"
        evaluate(worker, run, 2, shard)
    assert worker.store.header(run).state == "finished"
    assert evaluate(worker, run, 2, 0) == "stale"
    evaluations = [record for record in worker.store.history(run) if record["kind"] == "evaluation"]
    assert len(evaluations) == 1
    assert evaluations[0]["examples"] == 10_000


def test_a_cancelled_run_takes_no_more_results(worker: Worker, run: str) -> None:
    gradient(worker, run, 0, 0)
    assert worker.store.cancel(run)
    assert gradient(worker, run, 0, 1) == "stale"
    assert worker.store.header(run).state == "cancelled"


def test_a_gradient_that_is_not_finite_fails_the_run_and_names_the_shard(worker: Worker, run: str) -> None:
    # Given: parameters that have overflowed
    header = worker.store.header(run)
    session = worker.session(header)
    worker.load_parameters(session, header)
    session.backend.write(session.parameters, np.full(session.parameters.shape, np.inf, np.float32))
    # When
    assert gradient(worker, run, 0, 2) == "failed"
    # Then
    failed = worker.store.header(run)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.startswith("step 0, gradient:2: ")
    assert 'parameter "w" of linear "fc" was the first that is not finite' in failed.error


def test_a_layer_type_that_a_worker_does_not_know_fails_the_run_with_one_line(
    worker: Worker, client: Client, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run that was submitted by a process with the plugin
    layers = network("test_centring")
    run = client.submit(job.model_copy(update={"network": layers}), load({}).data_dir)
    # When a worker without it takes a task
    monkeypatch.delitem(registry._classes, "test_centring")
    assert gradient(worker, run, 0, 0) == "failed"
    # Then
    failed = worker.store.header(run)
    assert failed.error is not None
    assert "unknown type 'test_centring'" in failed.error
    assert "GRID_PLUGINS" in failed.error
