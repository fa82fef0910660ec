"""Workers that live in the test process: real servers, the NumPy backend, no Celery worker process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from grid import instants
from grid.client import Client
from grid.connection import Connection
from grid.job import Job
from grid.settings import load
from grid.worker import Worker
from mathcore import backends

SMALL_NETWORK: list[dict[str, Any]] = [
    {"name": "d", "type": "blob_data", "inputs": ["batch"], "outputs": ["data", "label"],
     "params": {"data_shape": [28, 28, 1], "file_prefix": "unused", "data_klass": "single"}},
    {"name": "pool", "type": "pooling_2d", "inputs": ["data"], "outputs": ["small"],
     "params": {"type": "max", "ksize": 7, "stride": 7, "pad": 0}},
    {"name": "fc", "type": "linear", "inputs": ["small"], "outputs": ["pred"],
     "params": {"out_size": 10, "in_shape": [4, 4, 1]}},
    {"name": "loss", "type": "softmax_cross_entropy", "inputs": ["pred", "label"], "outputs": ["loss"], "params": {}},
    {"name": "acc", "type": "accuracy", "inputs": ["pred", "label"], "outputs": ["accuracy"], "params": {},
     "phase": ["test"]},
]

At = Callable[[str, Callable[[], object]], None]


@pytest.fixture
def connection(servers: Any) -> Connection:
    return Connection(servers.control_url, servers.blob_url)


@pytest.fixture
def client(connection: Connection) -> Client:
    return Client(connection)


@pytest.fixture
def new_worker(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Worker]]:
    """Return a function that starts a worker as if on a machine of its own."""
    made: list[Worker] = []

    def start() -> Worker:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "gethostname", lambda: f"machine{len(made)}")
            made.append(Worker(connection, load({}), backends.create("numpy")))
        return made[-1]

    yield start
    for worker in made:
        worker.stop()
    for run in made[0].store.active_runs() if made else ():
        made[0].store.cancel(run)


@pytest.fixture
def worker(new_worker: Callable[[], Worker]) -> Worker:
    return new_worker()


@pytest.fixture
def other(worker: Worker, new_worker: Callable[[], Worker]) -> Worker:
    """A second worker."""
    return new_worker()


@pytest.fixture
def at() -> Iterator[At]:
    """Return a function that lets something happen once, when the next task comes to an instant."""
    planned: dict[str, list[Callable[[], object]]] = {}

    def observe(name: str) -> None:
        if planned.get(name):
            planned[name].pop(0)()

    instants.observers.append(observe)
    yield lambda name, action: planned.setdefault(name, []).append(action)
    instants.observers.remove(observe)


@pytest.fixture
def job() -> Job:
    return Job(network=SMALL_NETWORK, steps=2, batch_size=12, shards=3, seed=1)
