"""Trains a job on a grid and waits for it: servers, local workers, supervisor, progress, record."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from grid.checkpoint import Checkpoint, by_name, check_writable, write_checkpoint
from grid.client import Client, client_on
from grid.connection import connect_or_start
from grid.errors import CheckpointError, RunFailedError, RunNotFoundError, VersionLostError
from grid.job import Job, validate_job
from grid.local_workers import LocalWorkers
from grid.networks import load_network
from grid.periodic import PeriodicThread
from grid.progress import Progress, ProgressTracker
from grid.records import history_until
from grid.restorer import INTERVAL_SECONDS as RESTORER_SECONDS
from grid.restorer import Restorer
from grid.result import parameters_sha256, summarize
from grid.run_folder import RunFolder
from grid.settings import Settings
from grid.store import RunHeader, Store
from grid.supervisor import INTERVAL_SECONDS, Supervisor
from mathcore.network import Network

POLL_SECONDS = 0.1
DEFAULT_WORKERS = 2
OVER = ("finished", "failed", "cancelled")


def open_client(settings: Settings) -> AbstractContextManager[Client]:
    """Return a client, for a ``with``, on the configured servers, or on the embedded ones, started if need be."""
    return client_on(connect_or_start(settings))


def train(
    job: Job, *, settings: Settings, on_progress: Callable[[Progress], None],
    workers: int = 2, backend: str | None = None, beginning: Checkpoint | None = None, file: Path | None = None,
) -> dict[str, Any]:
    """Submit a job, compute it with ``workers`` processes on this machine and whoever else serves, and wait.

    Args:
        job: what to train.
        settings: where servers and files are.
        on_progress: called with every moment.
        workers: how many processes to start.
        backend: ``"opencl"`` or ``"numpy"``; default: as the settings say.
        beginning: to begin from, in place of the parameters that follow from the seed.
        file: where to save at the end and when interrupted.
    Returns:
        The record of the run: the keys of ``grid train --json``.

    Raises:
        JobError, NetworkError, DataError: if the job cannot be run.
        BrokerError: if the servers are away.
        RunFailedError: if the run failed or was cancelled.
        CheckpointError: if ``file`` cannot be written.
    """
    if file is not None:
        check_writable(file)
    with open_client(settings) as client:
        run = client.submit(job, settings.data_dir, checkpoint=beginning)
        if beginning is not None:  # what the seed does not give must not be lost with the servers
            RunFolder(settings.state_dir, run).write(replace(beginning, job=validate_job(client.store.header(run).job)))
        try:
            with compute(client, settings, workers=workers, backend=backend or settings.backend) as local:
                try:
                    follow(client.store, run, on_progress, local)
                except (KeyboardInterrupt, SystemExit):
                    if file is None:
                        cancel_unless_paused(client.store, run)
                    raise
                record = finished_record(client.store, run, settings.state_dir)
        except (KeyboardInterrupt, SystemExit):
            if file is not None:  # the workers have left, and saved what they had: that is what the file gets
                save(client.store, run, settings.state_dir, file)
                cancel_unless_paused(client.store, run)
            raise
        if file is not None:
            save(client.store, run, settings.state_dir, file)
        return record


def save(store: Store, run: str, state_dir: Path, file: Path) -> None:
    """Write the newest checkpoint that this machine has of a run, or what it came to, to a file of the user's.

    Raises:
        CheckpointError: if there is none, or it cannot be written.
    """
    header = store.header(run)
    found = RunFolder(state_dir, run).newest()
    if header.state == "finished" and (found is None or found.step != header.step):
        job = validate_job(header.job)
        arrays = {name: store.read_array(run, header.snapshot, name) for name in ("parameters", "optimizer")}
        parameters = by_name(arrays["parameters"], Network(load_network(job.network)).layout)
        found = Checkpoint(job, header.step, parameters, arrays["optimizer"], [], header.bytes_up)
    if found is None:
        raise CheckpointError(f"checkpoint {file}: expected a worker of this machine to have saved, got none")
    history = history_until(store.history(run), found.step)
    write_checkpoint(file, replace(found, history=history))


def resume(
    run: str, *, settings: Settings, on_progress: Callable[[Progress], None],
    workers: int = DEFAULT_WORKERS, backend: str | None = None,
) -> dict[str, Any]:
    """Let a run go on with ``workers`` more processes on this machine, and wait; Ctrl-C pauses it again.

    Returns:
        The record of the run, as of ``train``.

    Raises:
        RunNotFoundError: if nobody knows it.
        BrokerError: if the servers are away.
        RunFailedError: if the run has failed or was cancelled.
    """
    with open_client(settings) as client:
        bring_back(client, run, settings)
        if client.store.header(run).state in OVER:
            return finished_record(client.store, run, settings.state_dir)
        with compute(client, settings, workers=workers, backend=backend or settings.backend) as local:
            try:
                follow(client.store, run, on_progress, local)
            except (KeyboardInterrupt, SystemExit):
                client.store.pause(run)
                raise
            return finished_record(client.store, run, settings.state_dir)


def bring_back(client: Client, run: str, settings: Settings) -> None:
    """Make a run one that goes on: of a control server that knows nothing of it, from its checkpoint files here.

    Raises:
        RunNotFoundError: if there are none either.
    """
    store = client.store
    try:
        header = store.header(run)
    except RunNotFoundError:
        checkpoint = RunFolder(settings.state_dir, run).newest()
        if checkpoint is None:
            raise
        client.submit(checkpoint.job, settings.data_dir, checkpoint=checkpoint, run=run)
        return
    client.resume(run)
    if header.state not in OVER and not store.has_snapshot(run):
        store.report_lost(run, header.token)


def cancel_unless_paused(store: Store, run: str) -> None:
    """Stop a run whose driver ends; a paused one is meant to go on some day."""
    if store.header(run).state != "paused":
        store.cancel(run)


@contextmanager
def compute(
    client: Client, settings: Settings, *, workers: int, backend: str | None = None
) -> Iterator[LocalWorkers]:
    """Run local workers and a supervisor while the block runs."""
    client.connection.guard(settings)
    holder = f"driver:{socket.gethostname()}:{os.getpid()}"
    with ExitStack() as stack:
        supervisor = Supervisor(client.store, client.dispatcher, holder)
        stack.callback(supervisor.resign)
        thread = PeriodicThread("supervisor", INTERVAL_SECONDS, supervisor.tick)
        stack.callback(thread.stop)
        restorer = Restorer(client.store, holder, state_dir=settings.state_dir, data_dir=settings.data_dir)
        stack.callback(PeriodicThread("restorer", RESTORER_SECONDS, restorer.tick).stop)
        log_dir = settings.state_dir / "logs" / str(os.getpid())
        local = LocalWorkers(
            workers, client.connection, state_dir=settings.state_dir, log_dir=log_dir, backend=backend,
            plugins=settings.plugins,
        )  # fmt: skip
        yield stack.enter_context(local)


def follow(
    store: Store, run: str, on_progress: Callable[[Progress], None], local: LocalWorkers | None = None
) -> RunHeader:
    """Report progress until the run is over; restart local workers that die. Returns the last header."""
    tracker: ProgressTracker | None = None
    seen = generation = 0
    while True:
        header = store.header(run)
        if tracker is None or header.generation != generation:
            tracker, seen, generation = ProgressTracker(run, header.steps), 0, header.generation
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


def finished_record(store: Store, run: str, state_dir: Path | None = None) -> dict[str, Any]:
    """Return the record of a finished run.

    Args:
        store: knows the run.
        run: its id.
        state_dir: where its last checkpoint is, which has the parameters if the blob server has lost them.
    Raises:
        RunFailedError: if it failed, was cancelled, or is not over.
        VersionLostError: if its parameters are gone.
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
        "parameters_sha256": parameters_sha256(_parameters(store, header, state_dir)),
        "bytes_up": header.bytes_up,
        "bytes_down": header.bytes_down,
        "workers": len(computing),
        "shards": header.shards,
        "codec": header.job["codec"],
        "backend": "+".join(sorted({name.partition("/")[0] for name in summary["classes"]})),
        "device": ", ".join(sorted({str(worker["device"]) for worker in computing})),
    }


def _parameters(store: Store, header: RunHeader, state_dir: Path | None) -> np.ndarray:
    """Return the parameter vector of a finished run, (P,) float32."""
    try:
        return store.read_array(header.run, header.snapshot, "parameters")
    except VersionLostError:
        if state_dir is None:
            raise
        checkpoint = RunFolder(state_dir, header.run).newest()
        if checkpoint is None or checkpoint.step != header.step:
            raise
        return checkpoint.parameter_vector(Network(load_network(checkpoint.job.network)).layout)


def _message(header: RunHeader, workers: int) -> str:
    if header.state == "failed":
        return header.error or ""
    if header.state == "paused":
        return f"go on with `grid resume {header.run}`"
    if workers == 0:
        return "waiting for a worker"
    if header.phase == "evaluate":
        return "evaluating"
    return ""
