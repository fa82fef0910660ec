"""Train in this process, without Celery or a server: the same steps, the same bits."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from grid.devices import create_backend
from grid.job import Job
from grid.progress import Progress, ProgressTracker
from grid.records import evaluation_record, step_record
from grid.result import parameters_sha256, summarize
from grid.session import Plan, Session
from grid.settings import Settings
from mathcore.array import NDArray

PROGRESS_SECONDS = 0.2


@dataclass
class Trainer:
    """A session that has been given the parameters of version 0, and the bytes its gradients would have taken."""

    session: Session
    bytes_up: int = 0

    @classmethod
    def start(cls, session: Session) -> Trainer:
        """Return a trainer at step 0."""
        arrays = session.plan.initial_arrays()
        session.backend.write(session.parameters, arrays["parameters"])
        session.backend.write(session.state, arrays["optimizer"])
        return cls(session)

    def step(self, step: int) -> list[tuple[float, int]]:
        """Make one update; return the mean loss and the number of examples of every shard."""
        losses: list[tuple[float, int]] = []
        self.session.update(self._gradients(step, losses), step=step)
        return losses

    def evaluate(self, step: int, seconds: float) -> dict[str, Any]:
        """Return the record of an evaluation on the whole test split."""
        scores = [self.session.score(shard) for shard in range(self.session.plan.evaluation_shards)]
        return evaluation_record(step, scores, seconds)

    def _gradients(self, step: int, losses: list[tuple[float, int]]) -> Iterator[tuple[NDArray, int]]:
        session = self.session
        for shard in range(session.job.shards):
            result = session.gradient(step, shard)
            losses.append((result.loss, result.examples))
            yield self._through_codec(result.vector), result.examples

    def _through_codec(self, vector: NDArray) -> NDArray:
        """Return what the other end of the wire would decode."""
        codec = self.session.codec
        self.bytes_up += codec.payload_size(vector.size)
        if codec.exact:
            return vector
        return codec.decode(codec.encode(vector), vector.size, vector.backend)


def train_local(
    job: Job, *, settings: Settings, on_progress: Callable[[Progress], None], backend: str | None = None
) -> dict[str, Any]:
    """Train a job to its end and return its record (the keys of ``grid train --json``).

    Raises:
        JobError, NetworkError, DataError: if the job cannot be run.
        DeviceError: if the backend that was asked for is not there.
    """
    chosen = replace(settings, backend=backend or settings.backend)
    plan = Plan(job, chosen.data_dir)
    session = Session(plan, create_backend(chosen))
    trainer = Trainer.start(session)
    history = list(_steps(trainer, on_progress))
    return {
        "run": f"local-{uuid.uuid4().hex[:6]}",
        **summarize(history),
        "parameters_sha256": parameters_sha256(session.parameters.numpy()),
        "bytes_up": trainer.bytes_up,
        "bytes_down": 0,
        "workers": 1,
        "shards": job.shards,
        "codec": job.codec,
        "backend": session.backend.name,
        "device": session.backend.device,
    }


def _steps(trainer: Trainer, on_progress: Callable[[Progress], None]) -> Iterator[dict[str, Any]]:
    """Yield the history of a run while making it."""
    job, started, shown = trainer.session.job, time.monotonic(), 0.0
    tracker = ProgressTracker("local", job.steps)
    classes = [trainer.session.backend.equivalence_class]
    for step in range(1, job.steps + 1):
        record = step_record(step, trainer.step(step - 1), classes, time.monotonic() - started)
        tracker.add([record])
        yield record
        if step == job.steps or (job.evaluate_every and step % job.evaluate_every == 0):
            evaluation = trainer.evaluate(step, time.monotonic() - started)
            tracker.add([evaluation])
            yield evaluation
        if time.monotonic() - shown > PROGRESS_SECONDS:
            shown = time.monotonic()
            on_progress(tracker.progress("running", workers=1))
    if job.steps == 0:
        yield trainer.evaluate(0, time.monotonic() - started)
    on_progress(tracker.progress("finished", workers=1))
