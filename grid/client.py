"""Submits jobs and follows runs over one connection; what the Python API, the commands and the site are made of."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grid.checkpoint import Checkpoint
from grid.connection import Connection
from grid.dispatch import Dispatcher
from grid.gradient_parts import ITEM_BYTES, body_size
from grid.job import Job
from grid.restorer import start_from
from grid.session import Plan
from grid.store import Beginning, RunHeader
from grid.store.memory_bound import bound_bytes, check_fits
from mathcore import codecs


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
        self.store = connection.open_store(f"client:{socket.gethostname()}:{os.getpid()}")
        self.dispatcher = Dispatcher(self.store.control)

    def submit(
        self, job: Job, data_dir: Path, *, checkpoint: Checkpoint | None = None, run: str | None = None
    ) -> str:
        """Check a job, store the first version of its parameters, send the first step, and return the run's name.

        Args:
            job: what to train.
            data_dir: where relative paths of data sets start.
            checkpoint: to go on from, in place of the beginning.
            run: the name to give to the run.
        Raises:
            CheckpointError: if the checkpoint is of another network or optimizer.
            JobError, NetworkError, DataError: if the job cannot be run; nothing is stored then.
            BrokerError: if the servers are away.
            BlobsFullError: if the run could never have room on the blob servers.
        """
        self.store.ping()
        self.store.agree_on_secret(self.connection.secret)
        plan = Plan(job, data_dir)
        check_fits(self.store.blobs, blob_bound(plan))
        start = start_from(plan, checkpoint)
        seconds = max((float(record["seconds"]) for record in start.history), default=0.0)
        beginning = Beginning(
            run, start.step, start.phase, start.history, seconds, checkpoint.bytes_up if checkpoint else 0,
            seeded=checkpoint is None,
        )  # fmt: skip
        run = self.store.create_run(
            plan.job.model_dump(), steps=plan.job.steps, shards=job.shards,
            evaluation_shards=plan.evaluation_shards, arrays=start.arrays, beginning=beginning,
        )
        if self.store.start(run):
            self._send_first(self.store.header(run))
        return run

    def resume(self, run: str) -> bool:
        """Let a paused run go on and send what it is at; False if it is not paused."""
        if not self.store.resume(run):
            return False
        self.store.start(run)
        self._send_first(self.store.header(run))
        return True

    def workers(self) -> list[dict[str, Any]]:
        """Return what every live worker last said of itself, and under ``banned`` why one is."""
        banned = self.store.banned()
        return [
            {**info, "banned": banned.get(str(info.get("worker")), {}).get("reason")} for info in self.store.workers()
        ]

    def _send_first(self, header: RunHeader) -> None:
        if header.phase == "evaluate":
            self.dispatcher.send_evaluation(header.run, header.step, header.evaluation_shards)
        else:
            width = min(header.shards, max(1, len(self.store.workers())))
            self.dispatcher.send_step(header.run, header.step, width)


def blob_bound(plan: Plan) -> int:
    """Return the most bytes that a run takes on the blob servers at one time."""
    layout = plan.network.layout
    return bound_bytes(
        snapshot_bytes=ITEM_BYTES * (layout.size + plan.optimizer.state_size(layout.learned_size)),
        payload_bytes=body_size(codecs.create(plan.job.codec), layout),
        shards=plan.job.shards,
    )
