"""Runs: created whole, listed newest first, ended once, deleted with all they hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from grid.errors import BlobMissingError, RunNotFoundError, StoreError
from grid.store import Store, runs, steps
from grid.store.control_server import ControlServer

Create = Callable[..., str]

VECTOR = np.arange(8, dtype=np.float32)


def make_step(store: Store, run: str, *, evaluate: bool = False) -> None:
    header = store.header(run)
    for shard in range(header.shards):
        token = store.put_gradient(run, header.step, shard, b"payload")
        store.commit_gradient(run, header.step, shard, token, {"loss": 1.0})
    version = store.write_version(run, {"parameters": VECTOR})
    assert store.commit_step(run, header.step, version, {"kind": "step", "step": header.step + 1}, evaluate=evaluate)


def test_a_new_run_is_queued_with_its_job_and_its_arrays(store: Store) -> None:
    job = {"network": [{"name": "ü"}], "seed": 1, "learning_rate": 0.01, "data": None}
    run = store.create_run(job, steps=5, shards=3, evaluation_shards=2, arrays={"parameters": VECTOR})
    header = store.header(run)
    assert (header.run, header.job, header.state, header.phase) == (run, job, "queued", "gradient")
    assert (header.step, header.steps, header.shards, header.evaluation_shards) == (0, 5, 3, 2)
    assert (header.started, header.finished, header.error, header.previous) == (None, None, None, None)
    assert (header.bytes_up, header.bytes_down) == (0, 0)
    assert np.array_equal(store.read_array(run, header.token, "parameters"), VECTOR)
    assert store.history(run) == []


def test_the_arrays_of_a_run_that_waits_do_not_expire(store: Store, create: Create) -> None:
    run = create(started=False)
    keys = store.blobs.keys_of(f"run:{run}:")
    assert len(keys) == 2
    assert [store.blobs.call("TTL", key) for key in keys] == [-1, -1]


def test_a_run_without_steps_is_only_evaluated(store: Store, create: Create) -> None:
    run = create(steps=0)
    assert store.header(run).phase == "evaluate"
    for shard in range(2):
        store.commit_evaluation(run, 0, shard, {"correct": 1})
    assert store.conclude_evaluation(run, 0, {"kind": "evaluation"})
    assert store.header(run).state == "finished"


def test_a_run_starts_once(store: Store, create: Create) -> None:
    run = create(started=False)
    assert store.start(run)
    assert not store.start(run)
    header = store.header(run)
    assert header.state == "running"
    assert header.started is not None
    assert header.started >= header.created


def test_runs_are_listed_newest_first_and_active_ones_oldest_first(store: Store, create: Create) -> None:
    first, second, third = create(), create(started=False), create()
    store.cancel(first)
    listed = [header.run for header in store.runs() if header.run in (first, second, third)]
    assert listed == [third, second, first]
    assert [run for run in store.active_runs() if run in (first, second, third)] == [second, third]


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_a_run_is_stopped_once_and_keeps_its_reason(store: Store, create: Create, state: str) -> None:
    run = create()
    stop = store.cancel if state == "cancelled" else lambda run: store.fail(run, "step 3, gradient:1: broken")
    assert stop(run)
    assert not stop(run)
    assert not store.cancel(run)
    assert not store.fail(run, "again")
    header = store.header(run)
    assert header.state == state
    assert header.error == (None if state == "cancelled" else "step 3, gradient:1: broken")
    assert header.finished is not None
    assert run not in store.active_runs()


def test_a_queued_run_can_be_cancelled_and_does_not_start_then(store: Store, create: Create) -> None:
    run = create(started=False)
    assert store.cancel(run)
    assert not store.start(run)


def test_a_reason_of_any_length_is_kept_in_part(store: Store, create: Create) -> None:
    run = create()
    store.fail(run, "ü" * 100_000)
    assert store.header(run).error == "ü" * 2000


def test_an_ended_run_holds_its_current_version_and_nothing_else(store: Store, create: Create) -> None:
    # Given a run in its second step with a gradient in, and a version half way
    run = create()
    make_step(store, run)
    token = store.put_gradient(run, 1, 0, b"payload")
    store.commit_gradient(run, 1, 0, token, {"loss": 1.0})
    store.write_version(run, {"parameters": VECTOR})
    # When it is cancelled
    store.cancel(run)
    # Then only the version that counts is left, on both servers
    current = store.header(run).token
    assert store.blobs.keys_of(f"run:{run}:") == [f"run:{run}:blob:{current}:parameters:0"]
    left = {key.decode().removeprefix(f"run:{run}") for key in store.control.execute("KEYS", f"run:{run}*")}
    assert left == {"", ":history", ":versions", f":manifest:{current}"}
    assert np.array_equal(store.read_array(run, current, "parameters"), VECTOR)


def test_only_the_newest_ended_runs_keep_their_last_version(
    store: Store, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "VERSIONS_KEPT", 2)
    ended = [create() for _ in range(4)]
    waiting = create(started=False)
    for run in ended:
        store.cancel(run)
    for run in ended[:2]:
        with pytest.raises(BlobMissingError):
            store.read_array(run, store.header(run).token, "parameters")
    for run in [*ended[2:], waiting]:
        assert store.read_array(run, store.header(run).token, "parameters").size == 8


def test_only_the_newest_runs_stay_listed_and_active_ones_always_do(
    store: Store, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    active, *ended = [create() for _ in range(4)]
    for run in ended:
        store.cancel(run)
    monkeypatch.setattr(runs, "RUNS_KEPT", 2)
    newest = create()
    assert [header.run for header in store.runs()] == [newest, ended[2]]
    with pytest.raises(RunNotFoundError):
        store.header(ended[0])
    assert store.header(active).state == "running"
    assert store.blobs.keys_of(f"run:{ended[0]}:") == []
    assert store.control.execute("KEYS", f"run:{ended[0]}*") == []


def test_a_deleted_run_leaves_nothing(store: Store, create: Create) -> None:
    run = create()
    make_step(store, run)
    assert not store.delete_run(run)
    store.cancel(run)
    assert store.delete_run(run)
    assert store.blobs.keys_of(f"run:{run}:") == []
    assert store.control.execute("KEYS", f"run:{run}*") == []
    assert run not in [header.run for header in store.runs()]


def test_history_has_each_step_and_evaluation_once_in_order(store: Store, create: Create) -> None:
    run = create(steps=2)
    make_step(store, run, evaluate=True)
    for shard in range(2):
        store.commit_evaluation(run, 1, shard, {"correct": 1})
    assert store.conclude_evaluation(run, 1, {"kind": "evaluation", "step": 1})
    make_step(store, run)
    expected = [{"kind": "step", "step": 1}, {"kind": "evaluation", "step": 1}, {"kind": "step", "step": 2}]
    assert store.history(run) == expected
    assert store.history(run, 1) == expected[1:]
    assert store.history(run, 9) == []
    assert store.header(run).state == "finished"


def test_progress_moves_with_the_run(store: Store, create: Create) -> None:
    run = create()
    assert store.progress(run) == (0, "gradient", 0)
    store.commit_gradient(run, 0, 1, store.put_gradient(run, 0, 1, b"x"), {})
    assert store.progress(run) == (0, "gradient", 1)
    store.commit_gradient(run, 0, 0, store.put_gradient(run, 0, 0, b"x"), {})
    store.commit_step(run, 0, store.write_version(run, {"parameters": VECTOR}), {}, evaluate=True)
    assert store.progress(run) == (1, "evaluate", 0)


def test_bytes_are_added_up_and_a_repeated_call_counts_once(
    store: Store, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create()
    store.count_bytes(run, up=3, down=2**40)
    store.count_bytes(run, up=4)
    # Given a call whose reply is lost, so that it is sent twice
    send = ControlServer._send_script
    with monkeypatch.context() as patch:
        patch.setattr(ControlServer, "_send_script", lambda *given: (send(*given), send(*given))[1])
        store.count_bytes(run, up=10)
    assert (store.header(run).bytes_up, store.header(run).bytes_down) == (17, 2**40)


@pytest.mark.parametrize("run", ["000000000000", "", "abc", "*", "run:x", "0" * 13, "../../../etc/passwd"])
def test_an_unknown_run_is_reported_by_every_call(store: Store, run: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.header(run), lambda: store.history(run), lambda: store.start(run), lambda: store.cancel(run),
        lambda: store.fail(run, ""), lambda: store.committed(run, 0), lambda: store.evaluations(run, 0),
        lambda: store.write_version(run, {"parameters": VECTOR}), lambda: store.progress(run),
        lambda: store.commit_gradient(run, 0, 0, "0" * 16, {}), lambda: store.commit_evaluation(run, 0, 0, {}),
        lambda: store.commit_step(run, 0, "0" * 16, {}, evaluate=False), lambda: store.count_bytes(run, up=1),
        lambda: store.conclude_evaluation(run, 0, {}), lambda: store.previous(run),
    ]
    for call in calls:
        with pytest.raises(RunNotFoundError, match="see `grid runs`"):
            call()
    assert store.control.execute("KEYS", "run:000000000000*") == []


@pytest.mark.parametrize("sizes", [{"steps": -1}, {"shards": 0}, {"shards": 5000}, {"evaluation_shards": 0}])
def test_sizes_out_of_range_are_refused(create: Create, sizes: dict[str, int]) -> None:
    with pytest.raises(StoreError, match="expected steps >= 0 and 1 to 4096 shards"):
        create(**sizes)


def test_a_job_that_is_not_json_or_too_large_is_refused(store: Store) -> None:
    for job in ({"learning_rate": float("nan")}, {"network": b"bytes"}, {"network": "x" * 5_000_000}):
        with pytest.raises(StoreError, match="job: expected"):
            store.create_run(job, steps=1, shards=1, evaluation_shards=1, arrays={"parameters": VECTOR})


@pytest.mark.parametrize(("field", "value"), [
    ("state", "exploded"), ("phase", "gradient\n"), ("step", "-1"), ("step", "1.5"), ("steps", "9" * 40),
    ("shards", "\u0663"), ("token", "../etc"), ("previous", "x"), ("created", "nan"), ("started", "soon"),
    ("job", "[]"), ("job", "{"), ("job", '{"a": NaN}'), ("bytes_up", ""),
])
def test_a_damaged_header_is_refused_and_left_out_of_the_list(
    store: Store, create: Create, field: str, value: str
) -> None:
    run, other = create(), create()
    store.control.execute("HSET", f"run:{run}", field, value)
    with pytest.raises(StoreError, match=f"run {run}: {field}: expected"):
        store.header(run)
    listed = [header.run for header in store.runs()]
    assert other in listed
    assert run not in listed
    store.control.execute("HDEL", f"run:{run}", "job")
    with pytest.raises(StoreError, match=f"run {run}: .*expected"):
        store.header(run)


@pytest.mark.parametrize("value", ["", "null", "[1]", "{" * 1000, '{"a": ' + "1" * 70_000 + "}"])
def test_a_damaged_history_is_refused(store: Store, create: Create, value: str) -> None:
    run = create()
    store.control.execute("RPUSH", f"run:{run}:history", value)
    with pytest.raises(StoreError, match=f"run {run}: history: expected"):
        store.history(run)
