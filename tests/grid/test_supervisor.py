"""The supervisor re-sends what is lost, and only that: real servers and real messages, a clock of our own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from grid.client import Client
from grid.connection import Connection
from grid.dispatch import QUEUE
from grid.job import Job
from grid.settings import load
from grid.store import Commit
from grid.supervisor import GRACE_SECONDS, QUEUED_GRACE_SECONDS, Supervisor, missing
from tests.grid.processes import wait_until
from tests.step_moves import commit, finished

SHARDS = 3


class Bench:
    """A client, a run of three shards, a supervisor, and a clock that moves when told."""

    def __init__(self, connection: Connection) -> None:
        self.client = Client(connection)
        self.store = self.client.store
        self.now = 0.0
        self.supervisor = Supervisor(self.store, self.client.dispatcher, "test", clock=lambda: self.now)
        self.run = self.submit()
        self.workers: list[str] = []
        self.live(1)

    def submit(self) -> str:
        return self.client.submit(Job(steps=2, shards=SHARDS, batch_size=6), load({}).data_dir)

    def live(self, number: int) -> None:
        """Let there be so many live workers, and no others."""
        for worker in self.workers:
            self.store.forget_worker(worker)
        self.workers = [f"w:{index}" for index in range(number)]
        for worker in self.workers:
            self.store.heartbeat(worker, {"worker": worker, "class": "c"})

    def lease(self, name: str) -> None:
        self.store.renew_lease(self.run, 0, name, "w:0", 60.0)

    def lose_messages(self) -> None:
        self.store.control.call("DEL", QUEUE)
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
        assert commit(self.store, self.run, 0, finished(self.store, self.run, 0, shard)) is Commit.ACCEPTED


@pytest.fixture
def bench(servers: Any) -> Iterator[Bench]:
    made = Bench(Connection(servers.control_url, servers.blob_url))
    yield made
    made.supervisor.resign()
    made.live(0)
    for run in made.store.active_runs():
        made.store.cancel(run)
    made.lose_messages()


@pytest.mark.parametrize(("workers", "messages"), [(0, 1), (1, 1), (2, 2), (SHARDS, SHARDS), (9, SHARDS)])
def test_a_run_begins_with_as_many_messages_as_workers_live_and_at_most_one_a_shard(
    bench: Bench, workers: int, messages: int
) -> None:
    bench.lose_messages()
    bench.live(workers)
    bench.submit()
    assert bench.waiting == messages


@pytest.mark.parametrize(("workers", "messages"), [(1, 1), (2, 2), (SHARDS, SHARDS), (9, SHARDS)])
def test_a_step_whose_messages_were_lost_is_sent_again(bench: Bench, workers: int, messages: int) -> None:
    bench.lose_messages()
    bench.live(workers)
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == messages


def test_nothing_is_sent_before_the_grace_period_is_over(bench: Bench) -> None:
    bench.lose_messages()
    bench.let_pass(GRACE_SECONDS * 0.9)
    assert bench.waiting == 0


def test_only_shards_without_result_and_lease_are_sent_again(bench: Bench) -> None:
    bench.lose_messages()
    bench.live(9)
    bench.commit(0)
    bench.lease("gradient:1")
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 1


def test_nothing_is_sent_while_all_that_is_left_is_at_work(bench: Bench) -> None:
    bench.lose_messages()
    bench.commit(0)
    for shard in (1, 2):
        bench.lease(f"gradient:{shard}")
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 0


def late_shard(bench: Bench) -> None:
    """Let one shard be missing, whose worker has held it for much longer than shards take."""
    bench.lose_messages()
    for shard in (0, 1):
        bench.commit(shard)
    bench.lease("gradient:2")
    wait_until(lambda: bench.store.leases(bench.run, 0)["gradient:2"] > 0.2)


def test_a_late_shard_is_sent_to_a_worker_that_has_nothing_to_do(bench: Bench) -> None:
    late_shard(bench)
    bench.live(9)
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 1


def test_a_late_shard_is_not_sent_while_all_workers_are_busy(bench: Bench) -> None:
    late_shard(bench)
    bench.live(1)
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 0


def test_a_late_shard_that_is_computed_elsewhere_is_not_sent_again(bench: Bench) -> None:
    late_shard(bench)
    bench.live(9)
    bench.lease("late:2")
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 0


def test_a_shard_whose_lease_ran_out_is_sent_at_once(bench: Bench) -> None:
    # Given two shards that are in, and a third that a worker holds
    late_shard(bench)
    bench.live(1)
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 0
    # When the lease has run out
    bench.store.release_lease(bench.run, 0, "gradient:2")
    # Then the next look suffices
    bench.supervisor.tick()
    assert bench.waiting == 1


def test_what_is_late_follows_from_what_shards_take(bench: Bench) -> None:
    # Given shards that take an hour
    bench.lose_messages()
    bench.live(9)
    one = finished(bench.store, bench.run, 0, 0)
    claim = bench.store.claim(bench.run, 0, "w:0", lease_seconds=60.0, shard_seconds=3600.0, finished=[one])
    assert claim.leases == ["gradient:1"]
    bench.commit(1)
    bench.lease("gradient:2")
    wait_until(lambda: bench.store.leases(bench.run, 0)["gradient:2"] > 0.2)
    # When one has been held for less
    bench.let_pass(GRACE_SECONDS)
    # Then it is not late
    assert bench.waiting == 0


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
    bench.lease("apply")
    bench.let_pass(GRACE_SECONDS)
    assert bench.waiting == 0


def test_waiting_messages_are_given_time(bench: Bench) -> None:
    bench.live(9)
    bench.let_pass(QUEUED_GRACE_SECONDS * 0.9)
    assert bench.waiting == 1, "the one that the run began with"
    bench.let_pass(QUEUED_GRACE_SECONDS * 0.2)
    assert bench.waiting == 1 + SHARDS


def test_progress_starts_the_grace_period_again(bench: Bench) -> None:
    bench.lose_messages()
    bench.let_pass(GRACE_SECONDS * 0.9)
    bench.commit(0)
    bench.let_pass(GRACE_SECONDS * 0.9)
    assert bench.waiting == 0


def test_nothing_is_sent_while_no_worker_lives(bench: Bench) -> None:
    bench.lose_messages()
    bench.live(0)
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
