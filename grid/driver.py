"""Trains a job on a grid and waits for it: servers, local workers, supervisor, progress, record."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from grid.client import Client, client_on
from grid.connection import connect_or_start
from grid.errors import RunFailedError
from grid.job import Job
from grid.local_workers import LocalWorkers
from grid.periodic import PeriodicThread
from grid.progress import Progress, ProgressTracker
from grid.result import parameters_sha256, summarize
from grid.settings import Settings
from grid.store import RunHeader, Store
from grid.supervisor import INTERVAL_SECONDS, Supervisor

POLL_SECONDS = 0.1
OVER = ("finished", "failed", "cancelled")


def open_client(settings: Settings) -> AbstractContextManager[Client]:
    """Return a client, for a ``with``, on the configured servers, or on the embedded ones, started if need be."""
    return client_on(connect_or_start(settings))


def train(
    job: Job, *, settings: Settings, on_progress: Callable[[Progress], None],
    workers: int = 2, backend: str | None = None,
) -> dict[str, Any]:
    """Submit a job, compute it with ``workers`` processes on this machine and whoever else serves, and wait.

    Returns:
        The record of the run: the keys of ``grid train --json``.

    Raises:
        JobError, NetworkError, DataError: if the job cannot be run.
        BrokerError: if the servers are away.
        RunFailedError: if the run failed or was cancelled.
    """
    with open_client(settings) as client:
        run = client.submit(job, settings.data_dir)
        with compute(client, settings, workers=workers, backend=backend or settings.backend) as local:
            try:
                follow(client.store, run, on_progress, local)
            except (KeyboardInterrupt, SystemExit):
                client.store.cancel(run)
                raise
            return finished_record(client.store, run)


@contextmanager
def compute(
    client: Client, settings: Settings, *, workers: int, backend: str | None = None
) -> Iterator[LocalWorkers]:
    """Run local workers and a supervisor while the block runs."""
    holder = f"driver:{socket.gethostname()}:{os.getpid()}"
    with ExitStack() as stack:
        supervisor = Supervisor(client.store, client.dispatcher, holder)
        stack.callback(supervisor.resign)
        thread = PeriodicThread("supervisor", INTERVAL_SECONDS, supervisor.tick)
        stack.callback(thread.stop)
        log_dir = settings.state_dir / "logs" / str(os.getpid())
        local = LocalWorkers(workers, client.connection, log_dir=log_dir, backend=backend, plugins=settings.plugins)
        yield stack.enter_context(local)


def follow(
    store: Store, run: str, on_progress: Callable[[Progress], None], local: LocalWorkers | None = None
) -> RunHeader:
    """Report progress until the run is over; restart local workers that die. Returns the last header."""
    tracker: ProgressTracker | None = None
    seen = 0
    while True:
        header = store.header(run)
        tracker = tracker or ProgressTracker(run, header.steps)
        records = store.history(run, seen)
        seen += len(records)
        tracker.add(records)
        live = len(store.workers())
        on_progress(tracker.progress(header.state, workers=live, message=_message(header, live)))
        if header.state in OVER:
            return header
        if local is not None:
            local.check()
        time.sleep(POLL_SECONDS)


def finished_record(store: Store, run: str) -> dict[str, Any]:
    """Return the record of a finished run.

    Raises:
        RunFailedError: if it failed, was cancelled, or is not over.
    """
    header = store.header(run)
    if header.state != "finished":
        raise RunFailedError(f"run {run} {header.state}: {header.error or 'see `grid status`'}")
    history = store.history(run)
    summary = summarize(history)
    computing = [worker for worker in store.workers() if worker["class"] in summary["classes"]]
    return {
        "run": run,
        **summary,
        "parameters_sha256": parameters_sha256(store.read_array(run, header.token, "parameters")),
        "bytes_up": header.bytes_up,
        "bytes_down": header.bytes_down,
        "workers": len(computing),
        "shards": header.shards,
        "codec": header.job["codec"],
        "backend": "+".join(sorted({name.partition("/")[0] for name in summary["classes"]})),
        "device": ", ".join(sorted({str(worker["device"]) for worker in computing})),
    }


def _message(header: RunHeader, workers: int) -> str:
    if header.state == "failed":
        return header.error or ""
    if workers == 0:
        return "waiting for a worker"
    if header.phase == "evaluate":
        return "evaluating"
    return ""
