"""A step may be computed and applied any number of times, by any workers, in any order, and happens once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from celery.worker import state

from grid.client import Client
from grid.job import Job
from grid.quarantine import ATTEMPTS
from grid.settings import load
from grid.worker import Worker
from mathcore.layers import registry
from tests.grid.processes import wait_until
from tests.observing_layers import network
from tests.tasks.conftest import At
from tests.tasks.tasks_done import apply, bits, evaluate, gradient, local_bits, make_steps


@pytest.fixture
def run(client: Client, job: Job) -> str:
    return client.submit(job, load({}).data_dir)


@pytest.fixture
def unhurried(worker: Worker, run: str) -> None:
    """Let the run's shards be known to take so long that none is late."""
    worker.store.control.call("HSET", f"run:{run}", "shard_ms", 3.6e6)


def test_a_gradient_task_takes_all_shards_when_it_is_alone(worker: Worker, run: str) -> None:
    assert gradient(worker, run, 0) == "complete"
    assert list(worker.store.committed(run, 0)) == [0, 1, 2]
    assert worker.store.leases(run, 0) == {}


def test_a_worker_has_data_and_parameters_of_a_run_before_it_claims(worker: Worker, run: str, at: At) -> None:
    # Others would wait for a shard that a worker holds while it is still loading what the run needs.
    tokens: list[str | None] = []
    at("claimed", lambda: tokens.append(held.token if (held := worker.held(run)) else None))
    assert gradient(worker, run, 0) == "complete"
    assert tokens == [worker.store.header(run).token]


def test_a_gradient_task_run_twice_stores_each_gradient_once(worker: Worker, run: str) -> None:
    gradient(worker, run, 0)
    first, keys = worker.store.committed(run, 0), worker.store.blobs.keys_of(f"run:{run}:gradient:")
    assert gradient(worker, run, 0) == "complete"
    assert worker.store.committed(run, 0) == first
    assert worker.store.blobs.keys_of(f"run:{run}:gradient:") == keys


@pytest.mark.usefixtures("unhurried")
def test_two_workers_share_the_shards(worker: Worker, other: Worker, run: str, at: At) -> None:
    # Given a second worker, which begins while the first one computes
    found: list[str] = []
    at("computed", lambda: found.append(gradient(other, run, 0)))
    # When the first one goes on
    outcome = gradient(worker, run, 0)
    # Then the second one has left it its shard and computed the others
    assert (outcome, found) == ("complete", ["none"])
    assert list(worker.store.committed(run, 0)) == [0, 1, 2]
    shards = [made.heartbeat._info["shards_done"] for made in (worker, other)]
    assert shards == [1, 2]


def test_what_a_dead_worker_held_is_computed_by_another(worker: Worker, other: Worker, run: str) -> None:
    worker.store.claim(run, 0, "dead:1", lease_seconds=0.05)
    wait_until(lambda: gradient(other, run, 0) == "complete")
    assert list(worker.store.committed(run, 0)) == [0, 1, 2]


def test_a_shard_that_a_slow_worker_is_late_with_is_computed_by_another_and_counts_once(
    worker: Worker, other: Worker, run: str, at: At
) -> None:
    # Given a worker that stands still with a shard, though it renews its lease
    def wait_for_the_other() -> None:
        wait_until(lambda: gradient(other, run, 0) == "complete")
        found.update(worker.store.committed(run, 0))

    found: dict[int, object] = {}
    at("computed", wait_for_the_other)
    # When it comes back
    assert gradient(worker, run, 0) == "complete"
    # Then its gradient does not count, nor is it kept
    assert list(found) == [0, 1, 2]
    assert worker.store.committed(run, 0) == found
    assert len(worker.store.blobs.keys_of(f"run:{run}:gradient:")) == 3
    assert apply(worker, run, 0) == "accepted"


def test_a_worker_that_is_leaving_lets_go_of_its_claim(
    worker: Worker, other: Worker, run: str, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker that is told to stop while it computes its first shard
    at("computed", lambda: monkeypatch.setattr(state, "should_stop", 0))
    assert gradient(worker, run, 0) == "leaving"
    # Then that shard counts, and what it was granted with it is free
    assert list(worker.store.committed(run, 0)) == [0]
    assert worker.store.leases(run, 0) == {}
    monkeypatch.undo()
    assert gradient(other, run, 0) == "complete"


def test_apply_before_all_shards_are_in_changes_nothing(worker: Worker, run: str, at: At) -> None:
    before = worker.store.header(run)
    found: list[str] = []
    at("claimed", lambda: found.append(apply(worker, run, 0)))
    gradient(worker, run, 0)
    assert found == ["early"]
    assert worker.store.header(run).token == before.token
    assert worker.store.header(run).step == 0


def test_apply_task_run_twice_applies_once(worker: Worker, run: str) -> None:
    make_steps(worker, run, 0)
    after = bits(worker.session(run))
    assert apply(worker, run, 0) == "stale"
    assert worker.store.header(run).step == 1
    assert bits(worker.session(run)) == after
    assert [record["step"] for record in worker.store.history(run)] == [1]


def test_apply_while_another_applies_leaves_it_alone(worker: Worker, other: Worker, run: str, at: At) -> None:
    found: list[str] = []
    at("gathered", lambda: found.append(apply(other, run, 0)))
    make_steps(worker, run, 0)
    assert found == ["taken"]
    assert worker.store.leases(run, 0) == {}


def test_a_slow_worker_takes_nothing_while_a_faster_one_is_at_it_and_all_when_there_is_none(
    worker: Worker, run: str
) -> None:
    # Given a worker that is known as slow, and a faster one that begins
    store = worker.store
    store.control.call("HSET", f"run:{run}", "shard_ms", 1, "width", 2)
    for _ in range(2):
        worker.pace.add(run, 1000.0)
    taken = store.claim(run, 0, "fast:1", lease_seconds=60.0).leases
    assert gradient(worker, run, 0) == "none"
    assert store.committed(run, 0) == {}
    # When that one has gone
    for lease in taken:
        store.release_lease(run, 0, lease)
    # Then the slow one waits for a moment and makes the step
    assert gradient(worker, run, 0) in ("complete", "none")
    wait_until(lambda: gradient(worker, run, 0) == "complete")
    assert list(store.committed(run, 0)) == [0, 1, 2]


def test_of_two_that_apply_one_wins_and_the_loser_goes_on_with_its_version(
    worker: Worker, other: Worker, run: str, job: Job, at: At
) -> None:
    # Given an applier that stands still, so that its lease runs out, and one that takes over
    found: list[str] = []

    def take_over() -> None:
        worker.store.release_lease(run, 0, "apply")
        found.append(apply(other, run, 0))

    gradient(worker, run, 0)
    worker.leases.stop()
    at("logged", take_over)
    # When it goes on
    assert (apply(worker, run, 0), found) == ("duplicate", ["accepted"])
    # Then its version is thrown away, and it makes the next step from the winner's
    assert len(worker.store.blobs.keys_of(f"run:{run}:mean:")) == 1
    make_steps(worker, run, 1)
    assert bits(worker.session(run)) == local_bits(job, 2)


def test_a_gradient_that_is_gone_when_it_is_applied_is_computed_again(worker: Worker, run: str, job: Job) -> None:
    gradient(worker, run, 0)
    worker.store.blobs.unlink(worker.store.blobs.keys_of(f"run:{run}:gradient:0:1:"))
    assert apply(worker, run, 0) == "lost"
    assert list(worker.store.committed(run, 0)) == [0, 2]
    assert worker.store.leases(run, 0) == {}
    make_steps(worker, run, 0)
    assert bits(worker.session(run)) == local_bits(job, 1)


@pytest.mark.parametrize("step", [0, 2])
def test_a_gradient_task_of_another_step_is_stale(worker: Worker, run: str, step: int) -> None:
    make_steps(worker, run, 0)
    assert gradient(worker, run, step) == "stale"
    assert worker.store.committed(run, step) == {}


@pytest.mark.parametrize("codec", ["dynamic8", "float32", "ternary"])
@pytest.mark.parametrize("layers", [(), ("test_centring",)], ids=["learned", "with running statistics"])
def test_shards_in_any_order_from_any_worker_give_the_bits_of_local_training(
    new_worker: Callable[[], Worker], client: Client, job: Job, layers: tuple[str, ...], codec: str, at: At
) -> None:
    job = job.model_copy(update={"network": network(*layers), "codec": codec, "micro_batch": 3, "steps": 3})
    run = client.submit(job, load({}).data_dir)
    first, second, third = (new_worker() for _ in range(3))
    first.store.control.call("HSET", f"run:{run}", "shard_ms", 3.6e6)  # so that none is late
    # Given: a step whose shards are committed from the last to the first, each by a worker of its own
    at("computed", lambda: gradient(second, run, 0))
    at("computed", lambda: gradient(third, run, 0))
    assert gradient(first, run, 0) == "complete"
    assert apply(third, run, 0) == "accepted"
    # And one that a worker begins and another finishes
    at("stored", lambda: gradient(first, run, 1))
    assert gradient(second, run, 1) == "complete"
    assert apply(first, run, 1) == "accepted"
    # When one that was away makes the last one
    make_steps(third, run, 2)
    # Then
    assert bits(third.session(run)) == local_bits(job, 3)
    found = third.store.read_array(run, third.store.header(run).snapshot, "parameters")
    assert found.tobytes() == third.session(run).parameters.numpy().tobytes()


def test_the_last_evaluation_shard_finishes_the_run_once(worker: Worker, run: str) -> None:
    make_steps(worker, run, 0, 1)
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


def test_a_cancelled_run_takes_no_more_results(worker: Worker, run: str, at: At) -> None:
    at("computed", lambda: worker.store.cancel(run))
    assert gradient(worker, run, 0) == "stale"
    assert gradient(worker, run, 0) == "stale"
    assert apply(worker, run, 0) == "stale"
    assert worker.store.header(run).state == "cancelled"
    assert worker.store.blobs.keys_of(f"run:{run}:gradient:") == []


def test_a_gradient_that_is_not_finite_however_often_it_is_tried_fails_the_run_and_names_the_shard(
    worker: Worker, run: str, at: At
) -> None:
    # Given: parameters that overflow after the first shard
    def overflow() -> None:
        session = worker.session(run)
        session.backend.write(session.parameters, np.full(session.parameters.shape, np.inf, np.float32))

    at("committed", overflow)
    # When the others are tried again and again
    outcomes: list[str] = []
    while not outcomes or outcomes[-1] == "refused":
        outcomes.append(gradient(worker, run, 0))
    # Then the run ends with the last attempt at one of them
    assert outcomes[-1] == "failed"
    assert ATTEMPTS <= len(outcomes) < 2 * ATTEMPTS
    assert worker.store.leases(run, 0) == {}
    failed = worker.store.header(run)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.startswith(("step 0, gradient:1: ", "step 0, gradient:2: "))
    assert 'parameter "w" of linear "fc" was the first that is not finite' in failed.error


def test_a_layer_type_that_a_worker_does_not_know_fails_the_run_with_one_line(
    worker: Worker, client: Client, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run that was submitted by a process with the plugin
    layers = network("test_centring")
    run = client.submit(job.model_copy(update={"network": layers}), load({}).data_dir)
    # When a worker without it takes a task
    monkeypatch.delitem(registry._classes, "test_centring")
    assert gradient(worker, run, 0) == "failed"
    # Then
    failed = worker.store.header(run)
    assert failed.error is not None
    assert "unknown type 'test_centring'" in failed.error
    assert "GRID_PLUGINS" in failed.error
