"""Submits jobs and follows runs over one connection; what the Python API, the commands and the site are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grid.celery import create_app
from grid.connection import Connection
from grid.dispatch import Dispatcher
from grid.job import Job
from grid.session import Plan
from grid.store import RunHeader, Store


@contextmanager
def client_on(connection: Connection) -> Iterator[Client]:
    """Yield a client on servers that answer, and let go of them at the end.

    Raises:
        BrokerError: if one of them does not answer.
    """
    try:
        client = Client(connection)
        client.store.ping()
        yield client
    finally:
        connection.close()


class Client:
    """The runs of one pair of servers."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.store = Store(connection.control_url, connection.blob_url)
        self.dispatcher = Dispatcher(create_app(connection.control_url))

    def submit(self, job: Job, data_dir: Path) -> str:
        """Check a job, store version 0 of its parameters, send the first step, and return the run's name.

        Raises:
            JobError, NetworkError, DataError: if the job cannot be run; nothing is stored then.
            BrokerError: if the servers are away.
        """
        self.store.ping()
        plan = Plan(job, data_dir)
        run = self.store.create_run(
            plan.job.model_dump(), steps=plan.job.steps, shards=job.shards,
            evaluation_shards=plan.evaluation_shards, arrays=plan.initial_arrays(),
        )
        if self.store.start(run):
            self._send_first(self.store.header(run))
        return run

    def workers(self) -> list[dict[str, Any]]:
        """Return what every live worker last said of itself."""
        return self.store.workers()

    def _send_first(self, header: RunHeader) -> None:
        if header.phase == "evaluate":
            self.dispatcher.send_evaluation(header.run, header.step, header.evaluation_shards)
        else:
            self.dispatcher.send_step(header.run, header.step, header.shards)
