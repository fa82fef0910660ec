"""Runs: created whole, listed newest first, ended once, deleted with all they hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from grid.errors import BlobMissingError, RunNotFoundError, StoreError
from grid.store import Store, runs, steps
from grid.store.control_server import ControlServer
from grid.store.log import LogEntry
from grid.store.payloads import Stored
from tests.step_moves import ARRAYS, commit, commit_entry, finished, make_step, new_entry, tokens_held

Create = Callable[..., str]

VECTOR = np.arange(8, dtype=np.float32)


def test_a_new_run_is_queued_with_its_job_and_its_arrays(store: Store) -> None:
    job = {"network": [{"name": "ü"}], "seed": 1, "learning_rate": 0.01, "data": None}
    run = store.create_run(job, steps=5, shards=3, evaluation_shards=2, arrays={"parameters": VECTOR})
    header = store.header(run)
    assert (header.run, header.job, header.state, header.phase) == (run, job, "queued", "gradient")
    assert (header.step, header.steps, header.shards, header.evaluation_shards) == (0, 5, 3, 2)
    assert (header.started, header.finished, header.error) == (None, None, None)
    assert (header.snapshot, header.snapshot_step) == (header.token, 0)
    assert (header.bytes_up, header.bytes_down, header.shard_seconds) == (0, 0, 0.0)
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


def test_an_ended_run_holds_snapshot_and_log_and_nothing_else(store: Store, create: Create) -> None:
    # Given a run in its second step with a gradient in, a claim, a mean that nobody commits, and half a snapshot
    run = create()
    entry = make_step(store, run)
    store.claim(run, 1, "host:1", lease_seconds=30.0, finished=[finished(store, run, 1, 0)])
    new_entry(store, run, 1)
    store.write_snapshot(run, 1, entry.token, ARRAYS)
    # When it is cancelled
    store.cancel(run)
    # Then only what makes its version is left, on both servers
    version = store.version(run)
    assert (version.token, version.entries) == (entry.token, [entry])
    assert sorted(store.blobs.keys_of(f"run:{run}:")) == [
        *(f"run:{run}:blob:{version.snapshot}:{name}:0" for name in ("optimizer", "parameters")),
        f"run:{run}:mean:0:{entry.token}:0",
    ]
    left = {key.decode().removeprefix(f"run:{run}") for key in store.control.call("KEYS", f"run:{run}*")}
    assert left == {"", ":history", ":log", ":versions", f":manifest:{version.snapshot}"}
    assert np.array_equal(store.read_array(run, version.snapshot, "parameters"), VECTOR)
    assert store.get_mean(run, entry) == b"mean"


def test_only_the_newest_ended_runs_keep_their_last_version(
    store: Store, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "VERSIONS_KEPT", 2)
    ended = [create() for _ in range(4)]
    waiting = create(started=False)
    for run in ended:
        make_step(store, run)
        store.cancel(run)
    for run in ended[:2]:
        assert store.blobs.keys_of(f"run:{run}:") == []
        with pytest.raises(BlobMissingError):
            store.read_array(run, store.header(run).snapshot, "parameters")
    for run in [*ended[2:], waiting]:
        assert store.read_array(run, store.header(run).snapshot, "parameters").size == 8
        assert tokens_held(store, run)["mean"] == {entry.token for entry in store.version(run).entries}


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
    assert store.control.call("KEYS", f"run:{ended[0]}*") == []


def test_a_deleted_run_leaves_nothing(store: Store, create: Create) -> None:
    run = create()
    make_step(store, run)
    assert not store.delete_run(run)
    store.cancel(run)
    assert store.delete_run(run)
    assert store.blobs.keys_of(f"run:{run}:") == []
    assert store.control.call("KEYS", f"run:{run}*") == []
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
    commit(store, run, 0, finished(store, run, 0, 1))
    assert store.progress(run) == (0, "gradient", 1)
    commit(store, run, 0, finished(store, run, 0, 0))
    commit_entry(store, run, new_entry(store, run, 0), evaluate=True)
    assert store.progress(run) == (1, "evaluate", 0)


def test_a_step_whose_reply_is_lost_happens_once(
    store: Store, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a server whose every reply to a script is lost once, so that each script is sent twice
    run = create()
    send = ControlServer._send_script
    monkeypatch.setattr(ControlServer, "_send_script", lambda *given: (send(*given), send(*given))[1])
    # When a step is made
    entry = make_step(store, run)
    # Then it has been made once
    header = store.header(run)
    assert (header.step, header.token, header.bytes_up) == (1, entry.token, 2 * len(b"payload 0"))
    assert store.history(run) == [{"kind": "step", "step": 1}]
    assert store.version(run).entries == [entry]
    assert store.get_mean(run, entry) == b"mean"


@pytest.mark.parametrize("run", ["000000000000", "", "abc", "*", "run:x", "0" * 13, "../../../etc/passwd"])
def test_an_unknown_run_is_reported_by_every_call(store: Store, run: str) -> None:
    entry = LogEntry(0, "0" * 16, "1" * 16, Stored("1" * 16, 0, []), 0)
    calls: list[Callable[[], object]] = [
        lambda: store.header(run), lambda: store.history(run), lambda: store.start(run), lambda: store.cancel(run),
        lambda: store.fail(run, ""), lambda: store.committed(run, 0), lambda: store.evaluations(run, 0),
        lambda: store.write_snapshot(run, 0, "0" * 16, {"parameters": VECTOR}), lambda: store.progress(run),
        lambda: store.commit_snapshot(run, 0, "0" * 16), lambda: store.commit_evaluation(run, 0, 0, {}),
        lambda: store.claim(run, 0, "host:1", lease_seconds=1.0), lambda: store.version(run),
        lambda: store.gather(run, 0, 1, "host:1", lease_seconds=1.0), lambda: store.sweep_log(run),
        lambda: store.commit_step(run, entry, {}, evaluate=False), lambda: store.conclude_evaluation(run, 0, {}),
    ]
    for call in calls:
        with pytest.raises(RunNotFoundError, match="see `grid runs`"):
            call()
    assert store.control.call("KEYS", "run:000000000000*") == []
    assert store.blobs.keys_of("run:000000000000") == []


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
    ("shards", "\u0663"), ("token", "../etc"), ("snapshot", "x"), ("created", "nan"), ("started", "soon"),
    ("snapshot_step", "x"), ("shard_ms", "inf"), ("job", "[]"), ("job", "{"), ("job", '{"a": NaN}'), ("bytes_up", ""),
])
def test_a_damaged_header_is_refused_and_left_out_of_the_list(
    store: Store, create: Create, field: str, value: str
) -> None:
    run, other = create(), create()
    store.control.call("HSET", f"run:{run}", field, value)
    with pytest.raises(StoreError, match=f"run {run}: {field}: expected"):
        store.header(run)
    listed = [header.run for header in store.runs()]
    assert other in listed
    assert run not in listed
    store.control.call("HDEL", f"run:{run}", "job")
    with pytest.raises(StoreError, match=f"run {run}: .*expected"):
        store.header(run)


@pytest.mark.parametrize("value", ["", "null", "[1]", "{" * 1000, '{"a": ' + "1" * 70_000 + "}"])
def test_a_damaged_history_is_refused(store: Store, create: Create, value: str) -> None:
    run = create()
    store.control.call("RPUSH", f"run:{run}:history", value)
    with pytest.raises(StoreError, match=f"run {run}: history: expected"):
        store.history(run)
