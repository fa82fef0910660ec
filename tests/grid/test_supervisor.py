"""The supervisor re-sends what is lost, and only that: real servers and real messages, a clock of our own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from grid.celery import create_app
from grid.client import Client
from grid.connection import Connection
from grid.dispatch import QUEUE
from grid.job import Job
from grid.settings import load
from grid.store import Commit
from grid.supervisor import GRACE_SECONDS, QUEUED_GRACE_SECONDS, Supervisor, missing

SHARDS = 3


class Bench:
    """A client, a run of three shards, a supervisor, and a clock that moves when told."""

    def __init__(self, connection: Connection) -> None:
        self.app = create_app(connection.control_url)
        self.client = Client(connection)
        self.store = self.client.store
        self.now = 0.0
        self.supervisor = Supervisor(self.store, self.client.dispatcher, "test", clock=lambda: self.now)
        self.run = self.client.submit(Job(steps=2, shards=SHARDS, batch_size=6), load({}).data_dir)
        self.store.heartbeat("w", {"worker": "w", "class": "c"})

    def lose_messages(self) -> None:
        self.app.control.purge()
        assert self.waiting == 0

    def let_pass(self, seconds: float) -> None:
        """Tick, let time pass, tick."""
        self.supervisor.tick()
        self.now += seconds
        self.supervisor.tick()

    @property
    def waiting(self) -> int:
        return self.store.waiting_messages(QUEUE)

    def commit(self, shard: int) -> None:
        token = self.store.put_gradient(self.run, 0, shard, b"x")
        record = {"loss": 1.0, "examples": 2, "class": "c"}
        assert self.store.commit_gradient(self.run, 0, shard, token, record) is Commit.ACCEPTED


@pytest.fixture
def bench(servers: Any) -> Iterator[Bench]:
    made = Bench(Connection(servers.control_url, servers.blob_url))
    yield made
    made.supervisor.resign()
    made.store.cancel(made.run)
    made.app.control.purge()


def test_a_step_whose_messages_were_lost_is_sent_again(bench: Bench) -> None:
    bench.lose_messages()
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == SHARDS


def test_nothing_is_sent_before_the_grace_period_is_over(bench: Bench) -> None:
    bench.lose_messages()
    bench.let_pass(GRACE_SECONDS * 0.9)
    assert bench.waiting == 0


def test_only_shards_without_result_and_lease_are_sent_again(bench: Bench) -> None:
    bench.lose_messages()
    bench.commit(0)
    bench.store.renew_lease(bench.run, 0, "gradient:1", "w", 30.0)
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 1


def test_apply_is_sent_when_all_shards_are_in(bench: Bench) -> None:
    bench.lose_messages()
    for shard in range(SHARDS):
        bench.commit(shard)
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 1


def test_apply_is_not_sent_while_somebody_applies(bench: Bench) -> None:
    bench.lose_messages()
    for shard in range(SHARDS):
        bench.commit(shard)
    bench.store.renew_lease(bench.run, 0, "apply", "w", 30.0)
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 0


def test_waiting_messages_are_given_time(bench: Bench) -> None:
    bench.let_pass(QUEUED_GRACE_SECONDS * 0.9)
    assert bench.waiting == SHARDS


def test_progress_starts_the_grace_period_again(bench: Bench) -> None:
    bench.lose_messages()
    bench.let_pass(GRACE_SECONDS * 0.9)
    bench.commit(0)
    bench.let_pass(GRACE_SECONDS * 0.9)
    assert bench.waiting == 0


def test_nothing_is_sent_while_no_worker_lives(bench: Bench) -> None:
    bench.lose_messages()
    bench.store.forget_worker("w")
    bench.let_pass(100.0)
    assert bench.waiting == 0


def test_a_supervisor_that_is_not_elected_sends_nothing(bench: Bench) -> None:
    bench.lose_messages()
    other = Supervisor(bench.store, bench.client.dispatcher, "other", clock=lambda: bench.now)
    bench.supervisor.tick()
    other.tick()
    bench.now += GRACE_SECONDS * 2
    other.tick()
    assert bench.waiting == 0


def test_a_lease_of_another_kind_does_not_count() -> None:
    assert missing(3, frozenset({2}), frozenset({"gradient:0", "apply"}), "evaluate") == [0, 1]
