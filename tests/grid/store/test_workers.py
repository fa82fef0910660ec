"""Workers: seen while they tell of themselves; one of them supervises."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from grid.errors import StoreError
from grid.store import Store
from tests.grid.processes import wait_until


@pytest.fixture
def store(store: Store) -> Iterator[Store]:
    """The store, without the workers and the supervisor of other tests."""
    store.control.call("DEL", "workers", "supervisor")
    yield store
    store.control.call("DEL", "workers", "supervisor")


def test_live_workers_are_listed_by_name_with_what_they_told_last(store: Store) -> None:
    store.heartbeat("b:2", {"worker": "b:2", "step": 1})
    store.heartbeat("a:1", {"worker": "a:1"})
    store.heartbeat("b:2", {"worker": "b:2", "step": 2})
    assert store.workers() == [{"worker": "a:1"}, {"worker": "b:2", "step": 2}]


def test_a_worker_that_falls_silent_is_forgotten(store: Store) -> None:
    store.heartbeat("a:1", {"worker": "a:1"})
    store.heartbeat("b:2", {"worker": "b:2"}, ttl_seconds=0.01)
    wait_until(lambda: store.workers() == [{"worker": "a:1"}])


def test_a_worker_that_leaves_is_forgotten_at_once(store: Store) -> None:
    store.heartbeat("a:1", {"worker": "a:1"})
    store.forget_worker("a:1")
    store.forget_worker("a:1")
    assert store.workers() == []
    assert store.control.call("ZCARD", "workers") == 0


def test_names_of_workers_that_left_long_ago_are_dropped(store: Store) -> None:
    store.control.call("ZADD", "workers", 1000.0, "old:1")
    store.heartbeat("a:1", {"worker": "a:1"})
    assert store.control.call("ZRANGE", "workers", 0, -1) == [b"a:1"]


@pytest.mark.parametrize("value", ["[]", "noise", '{"speed": NaN}'])
def test_a_hostile_heartbeat_is_refused(store: Store, value: str) -> None:
    store.heartbeat("a:1", {})
    store.control.call("SET", "worker:a:1", value)
    with pytest.raises(StoreError, match="worker: expected a JSON object"):
        store.workers()


def test_one_of_many_is_elected_and_stays_so_while_it_renews(store: Store) -> None:
    elected: list[str] = []

    def work(name: str) -> None:
        if store.elect(name, 30.0):
            elected.append(name)

    threads = [threading.Thread(target=work, args=(f"host:{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(elected) == 1
    assert store.elect(elected[0], 30.0)
    assert not store.elect("another", 30.0)


def test_a_supervisor_that_falls_silent_is_replaced(store: Store) -> None:
    assert store.elect("host:1", 0.01)
    wait_until(lambda: store.elect("host:2", 30.0))
    assert not store.elect("host:1", 30.0)


def test_waiting_messages_are_counted(store: Store) -> None:
    assert store.waiting_messages("empty") == 0
    store.control.call("RPUSH", "queue", "a", "b")
    assert store.waiting_messages("queue") == 2
    store.control.call("DEL", "queue")
