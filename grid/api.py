"""The Python API: submit jobs, train, and follow runs.

    from grid import submit
    run = submit("lenet", data="mnist", steps=1000)
    run.wait()
    print(run.history()[-1])
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from grid import driver, local
from grid.client import Client
from grid.connection import connect
from grid.errors import RunFailedError
from grid.job import Job, resolve_network, validate_job
from grid.plugins import load_plugins
from grid.progress import Progress
from grid.settings import Settings, load
from grid.store import RunHeader

POLL_SECONDS = 0.2


class Run:
    """A run on the grid.

    Attributes:
        id: its name, 12 hex digits.
    """

    def __init__(self, client: Client, run: str) -> None:
        self._client = client
        self.id = run

    def status(self) -> RunHeader:
        """Return state, step and the rest of the run's header."""
        return self._client.store.header(self.id)

    def history(self, start: int = 0) -> list[dict[str, Any]]:
        """Return the records of steps and evaluations from the ``start``-th on."""
        return self._client.store.history(self.id, start)

    def wait(self, timeout: float | None = None) -> RunHeader:
        """Wait until the run is over and return its status.

        Raises:
            TimeoutError: after ``timeout`` seconds; the run goes on.
            RunFailedError: if it failed or was cancelled.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.status()).state not in driver.OVER:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"run {self.id} is at step {status.step} of {status.steps} after {timeout} s")
            time.sleep(POLL_SECONDS)
        if status.state != "finished":
            raise RunFailedError(f"run {self.id} {status.state}: {status.error or 'by request'}")
        return status

    def result(self) -> dict[str, Any]:
        """Return the record of the finished run (the keys of ``grid train --json``)."""
        return driver.finished_record(self._client.store, self.id, load().state_dir)

    def cancel(self) -> bool:
        """Stop the run; ``False`` if it was over already."""
        return self._client.store.cancel(self.id)

    def pause(self) -> bool:
        """Let the run stand still until it is resumed; ``False`` if it is paused already, or over."""
        return self._client.store.pause(self.id)

    def resume(self) -> bool:
        """Let a paused run go on, to the same bits; ``False`` if it is not paused."""
        return self._client.resume(self.id)

    def __repr__(self) -> str:
        return f"Run({self.id!r})"


def submit(
    network: str | list[dict[str, Any]] = "lenet", *, broker: str | None = None, blobs: str | None = None, **fields: Any
) -> Run:
    """Queue a job and return its run at once.

    Args:
        network: name of a shipped network, path of a JSON file, or the definition as a list of layers.
        broker: URL of the control server; default: the settings, else the running embedded servers.
        blobs: URL of the blob server; default: the settings, else the broker.
        fields: the other fields of a ``Job``: data, steps, batch_size, shards, codec, learning_rate, seed, ...

    Raises:
        JobError, NetworkError, DataError: if the job cannot be run.
        BrokerError: if no grid is running.
    """
    settings = _settings(broker, blobs)
    client = _client(settings)
    return Run(client, client.submit(_job(network, fields), settings.data_dir))


def train(
    network: str | list[dict[str, Any]] = "lenet", *, workers: int = 2, backend: str | None = None,
    in_process: bool = False, broker: str | None = None, blobs: str | None = None, plugins: Sequence[str] = (),
    **fields: Any,
) -> dict[str, Any]:
    """Train a job to its end and return its record (the keys of ``grid train --json``).

    Args:
        network: as for ``submit``.
        workers: how many worker processes to start on this machine.
        backend: ``"opencl"`` or ``"numpy"``; default: OpenCL where a device is found.
        in_process: compute here, without Celery and servers.
        broker: as for ``submit``; default: embedded servers, started if need be.
        blobs: as for ``submit``.
        plugins: modules with layers or optimizers of your own, which the workers import; beside ``GRID_PLUGINS``.
        fields: as for ``submit``.
    """
    settings, job = _settings(broker, blobs, plugins), _job(network, fields)
    if in_process:
        return local.train_local(job, settings=settings, on_progress=_silent, backend=backend)
    return driver.train(job, settings=settings, on_progress=_silent, workers=workers, backend=backend)


def get_run(run: str, *, broker: str | None = None, blobs: str | None = None) -> Run:
    """Return a run by its name.

    Raises:
        RunNotFoundError: if there is none of that name.
    """
    found = Run(_client(_settings(broker, blobs)), run)
    found.status()
    return found


def list_runs(*, broker: str | None = None, blobs: str | None = None) -> list[RunHeader]:
    """Return the headers of all runs, the newest first."""
    return _client(_settings(broker, blobs)).store.runs()


def list_workers(*, broker: str | None = None, blobs: str | None = None) -> list[dict[str, Any]]:
    """Return what every live worker last said of itself."""
    return _client(_settings(broker, blobs)).workers()


@cache
def _client(settings: Settings) -> Client:
    """Return this process's client for some settings; connections are made once, after the servers have answered."""
    client = Client(connect(settings))
    client.store.ping()
    return client


def _job(network: str | list[dict[str, Any]], fields: dict[str, Any]) -> Job:
    definition = resolve_network(network) if isinstance(network, str) else network
    return validate_job({"network": definition, **fields})


def _settings(broker: str | None, blobs: str | None, plugins: Sequence[str] = ()) -> Settings:
    settings = load()
    settings = replace(settings, plugins=(*settings.plugins, *plugins))
    load_plugins(settings.plugins)
    if broker is None:
        return settings
    return replace(settings, broker_url=broker, blob_url=blobs)


def _silent(progress: Progress) -> None:
    """Show nothing."""
