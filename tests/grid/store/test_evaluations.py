"""Evaluations: one result a shard, concluded once, then the next step or the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grid.errors import StoreError
from grid.store import Commit, Store
from grid.store.control_server import ControlServer

Create = Callable[..., str]

RECORD = {"loss_sum": 3.5, "correct": 7, "examples": 10}


@pytest.fixture
def run(create: Create) -> str:
    """A run that evaluates at once, in two shards, and then ends."""
    return create(steps=0)


def test_the_first_result_of_a_shard_counts(store: Store, run: str) -> None:
    assert store.commit_evaluation(run, 0, 1, RECORD) is Commit.ACCEPTED
    assert store.commit_evaluation(run, 0, 1, {**RECORD, "correct": 8}) is Commit.DUPLICATE
    assert store.commit_evaluation(run, 0, 1, RECORD) is Commit.ACCEPTED
    assert store.evaluations(run, 0) == {1: RECORD}


def test_a_result_of_another_step_or_phase_is_stale(store: Store, create: Create, run: str) -> None:
    assert store.commit_evaluation(run, 1, 0, RECORD) is Commit.STALE
    assert store.commit_evaluation(create(), 0, 0, RECORD) is Commit.STALE
    with pytest.raises(StoreError, match="shard: expected one of the run's, got 2"):
        store.commit_evaluation(run, 0, 2, RECORD)


def test_an_evaluation_is_concluded_once_and_with_all_results(store: Store, run: str) -> None:
    store.commit_evaluation(run, 0, 0, RECORD)
    assert not store.conclude_evaluation(run, 0, {"kind": "evaluation"})
    store.commit_evaluation(run, 0, 1, RECORD)
    assert store.conclude_evaluation(run, 0, {"kind": "evaluation"})
    assert not store.conclude_evaluation(run, 0, {"kind": "evaluation"})
    assert store.history(run) == [{"kind": "evaluation"}]
    assert store.header(run).state == "finished"
    assert store.evaluations(run, 0) == {}
    assert run not in store.active_runs()


def test_a_conclusion_whose_reply_is_lost_is_known_as_ones_own(
    store: Store, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shard in range(2):
        store.commit_evaluation(run, 0, shard, RECORD)
    send = ControlServer._send_script
    with monkeypatch.context() as patch:
        patch.setattr(ControlServer, "_send_script", lambda *given: (send(*given), send(*given))[1])
        assert store.conclude_evaluation(run, 0, {"kind": "evaluation"})
    assert store.history(run) == [{"kind": "evaluation"}]


def test_starts_and_ends_whose_reply_is_lost_are_known_as_ones_own(
    store: Store, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create(started=False)
    send = ControlServer._send_script
    monkeypatch.setattr(ControlServer, "_send_script", lambda *given: (send(*given), send(*given))[1])
    assert store.start(run)
    assert store.cancel(run)


@pytest.mark.parametrize("value", [
    "[]", '{"loss": Infinity}', "noise", "{}", '{"loss_sum": "1", "correct": 1, "examples": 2}',
    '{"loss_sum": 1.0, "correct": true, "examples": 2}',
])
def test_a_hostile_result_is_taken_out_and_its_shard_computed_again(
    store: Store, run: str, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    store.control.call("HSET", f"run:{run}:evaluation:0", "0", value)
    assert store.evaluations(run, 0) == {}
    assert "evaluation 0 shard 0: expected" in caplog.text
    assert store.commit_evaluation(run, 0, 0, RECORD) is Commit.ACCEPTED
    assert store.evaluations(run, 0) == {0: RECORD}
