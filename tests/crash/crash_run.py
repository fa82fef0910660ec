"""One run in which a worker is killed at one instant after the other, and what came of each."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.faults.timeline import Timeline
from bench.faults.worker_groups import SOLO, Pool, WorkerGroups
from grid.client import Client
from grid.driver import finished_record, open_client
from grid.job import Job
from grid.periodic import PeriodicThread
from grid.settings import load
from grid.supervisor import INTERVAL_SECONDS, Supervisor
from tests.observing_layers import network

JOB = Job(network=network(), data="mnist", steps=120, batch_size=16, shards=6, seed=3)
WARM_UP_STEPS = 4
FIRE_SECONDS = 12.0
RECOVERY_SECONDS = 12.0
FINISH_SECONDS = 60.0
POLL_SECONDS = 0.01
SUBMITTING = threading.Lock()  # Celery's connection pools are made at first use, which threads must not do together


@dataclass(frozen=True)
class Outcome:
    """What became of one kill.

    Attributes:
        instant: where the worker was killed.
        recovery_seconds: from the kill until a step was published that had not been when the kill was seen; ``None``
            if none was.
    """

    instant: str
    recovery_seconds: float | None


@dataclass(frozen=True)
class Matrix:
    """A whole run: each kill, the history of the run, the SHA-256 of its parameters."""

    outcomes: dict[str, Outcome]
    history: list[dict[str, Any]]
    parameters_sha256: str


class CrashRun:
    """A run on workers of its own, on servers of its own."""

    def __init__(self, client: Client, run: str, timeline: Timeline, folder: Path) -> None:
        self.client = client
        self.run = run
        self.timeline = timeline
        self._folder = folder
        self._pause = threading.Event()

    def kill_at(self, instant: str) -> Outcome | None:
        """Kill the next process to come to ``instant`` and see when the run goes on; ``None`` if none came there."""
        killed = self._folder / f"{instant}.killed"
        (self._folder / instant).touch()
        if not self._wait(lambda: killed.exists() and bool(killed.read_text()), FIRE_SECONDS):
            return None
        moment = float(killed.read_text().split()[1])
        killed.unlink()
        seen = self.client.store.header(self.run).step
        if not self._wait(lambda: self.timeline.step > seen, RECOVERY_SECONDS):
            return Outcome(instant, None)
        published = next(sample for sample in self.timeline.samples() if sample.step > seen)
        return Outcome(instant, published.seconds - moment)

    def wait_for_step(self, step: int) -> None:
        """Return when the run has made so many steps."""
        assert self._wait(lambda: self.timeline.step >= step, FINISH_SECONDS), f"step {step} is not reached"

    def wait_for_workers(self, count: int) -> None:
        """Return when so many workers have computed shards."""

        def computing() -> bool:
            return sum(bool(worker["shards_done"]) for worker in self.client.store.workers()) >= count

        assert self._wait(computing, FINISH_SECONDS), f"expected {count} workers that compute"

    def stands_still(self, seconds: float) -> bool:
        """Return whether no step is published for so long."""
        step = self.timeline.step
        return not self._wait(lambda: self.timeline.step > step, seconds)

    @contextmanager
    def supervised(self) -> Iterator[None]:
        """Let a supervisor of this process look after the run while the block runs."""
        supervisor = Supervisor(self.client.store, self.client.dispatcher, "test")
        thread = PeriodicThread("supervisor", INTERVAL_SECONDS, supervisor.tick)
        try:
            yield
        finally:
            thread.stop()

    def finish(self, outcomes: Sequence[Outcome]) -> Matrix:
        """Wait for the end of the run."""
        self.wait_for_step(JOB.steps)
        store = self.client.store
        assert self._wait(lambda: store.header(self.run).state != "running", FINISH_SECONDS), "the run does not end"
        record = finished_record(store, self.run)
        return Matrix({outcome.instant: outcome for outcome in outcomes}, store.history(self.run),
                      str(record["parameters_sha256"]))  # fmt: skip

    def _wait(self, condition: Any, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._pause.wait(POLL_SECONDS)
        return True


@contextmanager
def started(folder: Path, *, workers: int, pool: Pool = SOLO, modules: Sequence[str] = ()) -> Iterator[CrashRun]:
    """Submit the job to workers that are armed by files of ``folder``, and yield when it is under way."""
    folder.mkdir()
    settings = replace(load(), broker_url=None, blob_url=None, state_dir=folder / "state", backend="numpy")
    plugins = ["tests.crash.crash_points", *modules]
    environment = {"CRASH_FOLDER": str(folder), "GRID_BACKEND": "numpy", "GRID_PLUGINS": ",".join(plugins)}
    with ExitStack() as stack:
        client = stack.enter_context(open_client(settings))
        stack.enter_context(WorkerGroups(
            workers, client.connection, log_dir=folder / "logs", pool=pool, environment=environment, modules=plugins,
        ))  # fmt: skip
        with SUBMITTING:
            run = client.submit(JOB, settings.data_dir)
        timeline = stack.enter_context(Timeline(client.store, run))
        crash_run = CrashRun(client, run, timeline, folder)
        crash_run.wait_for_step(WARM_UP_STEPS)
        yield crash_run
