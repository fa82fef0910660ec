"""A grid for measurements: embedded servers in a folder of their own, worker groups, and runs that are followed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.faults.timeline import Timeline
from bench.faults.worker_groups import WorkerGroups
from grid.client import Client
from grid.driver import finished_record, open_client
from grid.errors import GridError, RunFailedError
from grid.job import Job
from grid.local import train_local
from grid.settings import Settings, load

START_STEPS = 5
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Grid:
    """Servers and workers that have started.

    Attributes:
        settings: of this process.
        client: on the servers.
        workers: the worker groups.
        count_file: grows by one byte for each shard computed by whichever worker.
        taken_messages: a folder in which each worker process notes the message that it has taken last.
    """

    settings: Settings
    client: Client
    workers: WorkerGroups
    count_file: Path
    taken_messages: Path

    @property
    def shards_computed(self) -> int:
        """How many shards the workers have computed so far."""
        return self.count_file.stat().st_size


@dataclass(frozen=True)
class Followed:
    """A run, and when it was seen to make its steps."""

    run: str
    job: Job
    timeline: Timeline
    grid: Grid

    def wait(self, *, until: float = float("inf")) -> bool:
        """Wait for the end of the run, or for a moment of the monotonic clock; return whether the run is over.

        Raises:
            RunFailedError: if it failed.
        """
        while True:
            with _patience():
                header = self.grid.client.store.header(self.run)
                if header.state == "failed":
                    raise RunFailedError(f"run {self.run} failed: {header.error}")
                if header.state == "finished":
                    return True
            if time.monotonic() > until:
                return False
            time.sleep(POLL_SECONDS)

    def rate(self) -> float:
        """Return the steps per second of the run without its first steps, in which workers load the data."""
        samples = [sample for sample in self.timeline.samples() if sample.step >= START_STEPS]
        return self.timeline.rate(samples[0].seconds, samples[-1].seconds) if samples else 0.0

    def usual_gap(self) -> float:
        """Return the median time from step to step."""
        return self.timeline.usual_gap(0.0, float("inf"))

    def parameters_sha256(self) -> str:
        """Return the hash of the parameters of the finished run.

        Raises:
            RunFailedError: if the run is not finished, or has not made each step once and in order.
        """
        store = self.grid.client.store
        steps = [record["step"] for record in store.history(self.run) if record["kind"] == "step"]
        if steps != list(range(1, self.job.steps + 1)):
            raise RunFailedError(f"run {self.run}: expected each of {self.job.steps} steps once, got {steps}")
        return str(finished_record(store, self.run)["parameters_sha256"])


@contextmanager
def started(count: int, *, backend: str | None, device_milliseconds: int = 0) -> Iterator[Grid]:
    """Start servers and ``count`` workers, each with its share of the processor, for a block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        settings = replace(load(), broker_url=None, blob_url=None, state_dir=folder / "state")
        settings = replace(settings, backend=backend or settings.backend)
        client = stack.enter_context(open_client(settings))
        environment = {
            "GRID_BACKEND": settings.backend,
            "GRID_DEVICE_SHARE": f"0/{count}" if count > 1 else None,
            "GRID_PLUGINS": ",".join([*settings.plugins, "bench.faults.device_time", "bench.faults.taken_messages"]),
            "TAKEN_MESSAGES": str(folder / "taken"),
            "DEVICE_TIME_COUNT": str(folder / "computed"),
            "DEVICE_TIME_MILLISECONDS": str(device_milliseconds),
        }
        (folder / "computed").touch()
        (folder / "taken").mkdir()
        workers = WorkerGroups(count, client.connection, log_dir=folder / "logs", environment=environment)
        stack.enter_context(workers)
        while len(client.store.workers()) < count:
            time.sleep(POLL_SECONDS)
        yield Grid(settings, client, workers, folder / "computed", folder / "taken")


@contextmanager
def followed(grid: Grid, job: Job) -> Iterator[Followed]:
    """Submit a job and follow its run while the block runs."""
    run = grid.client.submit(job, grid.settings.data_dir)
    with Timeline(grid.client.store, run) as timeline:
        yield Followed(run, job, timeline, grid)


def calm_sha256(job: Job, settings: Settings) -> str:
    """Return the hash of the parameters that the job comes to in one process, undisturbed."""
    return str(train_local(job, settings=settings, on_progress=lambda _: None)["parameters_sha256"])


@contextmanager
def _patience() -> Iterator[None]:
    """Leave out what goes wrong with the servers: the run that is measured has to survive it too."""
    try:
        yield
    except RunFailedError:
        raise
    except GridError:
        time.sleep(POLL_SECONDS)
