"""A paused run takes nothing and goes on where it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grid.errors import RunNotFoundError
from grid.store import Commit, Store

Create = Callable[..., str]


def test_a_paused_run_is_left_alone_and_goes_on_where_it_was(store: Store, create: Create) -> None:
    run = create()
    started = store.header(run).started
    assert store.pause(run)
    paused = store.header(run)
    assert (paused.state, paused.phase, paused.step, paused.finished) == ("paused", "gradient", 0, None)
    assert paused.paused is not None
    assert run not in store.active_runs()
    assert not store.start(run)
    assert store.resume(run)
    header = store.header(run)
    assert (header.state, header.phase, header.step, header.paused) == ("running", "gradient", 0, None)
    assert run in store.active_runs()
    assert header.started is not None
    assert started is not None
    assert header.started > started, "the time of the pause does not count"


def test_a_paused_run_takes_no_results(store: Store, create: Create) -> None:
    run = create(steps=0)
    score = {"loss_sum": 1.0, "correct": 1, "examples": 2}
    assert store.commit_evaluation(run, 0, 0, score) is Commit.ACCEPTED
    store.pause(run)
    assert store.commit_evaluation(run, 0, 1, score) is Commit.STALE
    store.resume(run)
    assert list(store.evaluations(run, 0)) == [0], "what was committed before counts"
    assert store.commit_evaluation(run, 0, 1, score) is Commit.ACCEPTED


def test_a_run_is_paused_once_and_resumed_once(store: Store, create: Create) -> None:
    run = create()
    assert [store.pause(run), store.pause(run)] == [True, False]
    assert [store.resume(run), store.resume(run)] == [True, False]
    assert [store.pause(run), store.resume(run)] == [True, True]


def test_a_run_that_waits_is_paused_and_waits_again(store: Store, create: Create) -> None:
    run = create(started=False)
    assert store.pause(run)
    assert store.resume(run)
    assert store.header(run).state == "queued"
    assert store.start(run)


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_a_paused_run_can_be_ended_but_not_deleted(store: Store, create: Create, end: str) -> None:
    run = create()
    store.pause(run)
    assert not store.delete_run(run)
    assert store.cancel(run) if end == "cancel" else store.fail(run, "why")
    assert not store.resume(run)
    assert not store.pause(run)
    assert store.header(run).paused is None
    assert store.delete_run(run)


def test_a_run_that_nobody_knows_is_not_paused(store: Store) -> None:
    for move in (store.pause, store.resume):
        with pytest.raises(RunNotFoundError):
            move("0123456789ab")
