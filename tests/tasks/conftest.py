"""A worker that lives in the test process: real servers, the NumPy backend, no Celery worker process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from grid.celery import create_app
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


@pytest.fixture
def connection(servers: Any) -> Connection:
    return Connection(servers.control_url, servers.blob_url)


@pytest.fixture
def client(connection: Connection) -> Client:
    return Client(connection)


@pytest.fixture
def worker(connection: Connection) -> Iterator[Worker]:
    made = Worker(create_app(connection.control_url), connection, load({}), backends.create("numpy"))
    yield made
    made.stop()
    for run in made.store.active_runs():
        made.store.cancel(run)


@pytest.fixture
def job() -> Job:
    return Job(network=SMALL_NETWORK, steps=2, batch_size=12, shards=3, seed=1)
