"""A worker in the test process that seals what it writes, on real servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from grid.client import Client
from grid.connection import Connection
from grid.job import Job
from grid.settings import load
from grid.worker import Worker
from mathcore import backends
from tests.tasks.conftest import SMALL_NETWORK

SECRET = b"a secret of the tests"


@pytest.fixture
def connection(servers: Any) -> Iterator[Connection]:
    made = Connection(servers.control_url, servers.blob_url, secret=SECRET)
    yield made
    made.open_store("test").control.call("DEL", "secret", "banned", "grid")


@pytest.fixture
def worker(connection: Connection) -> Iterator[Worker]:
    made = Worker(connection, load({}), backends.create("numpy"))
    yield made
    for run in made.store.active_runs():
        made.store.cancel(run)
    made.stop()


@pytest.fixture
def job() -> Job:
    return Job(network=SMALL_NETWORK, steps=2, batch_size=12, shards=3, seed=1)


@pytest.fixture
def run(connection: Connection, worker: Worker, job: Job) -> str:
    return Client(connection).submit(job, load({}).data_dir)
