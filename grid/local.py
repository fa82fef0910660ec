"""Train in this process, without Celery or a server: the same steps, the same bits.

With a checkpoint file a training can be cut off at any moment and go on later to the bits that it would have come to.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grid.checkpoint import Checkpoint, by_name, check_writable, read_checkpoint, write_checkpoint
from grid.devices import create_backend
from grid.errors import CheckpointError, DivergedError
from grid.gradient_parts import WeightedMean, body_size
from grid.interruption import Interruption
from grid.job import Job, validate_job
from grid.progress import Progress, ProgressTracker
from grid.records import evaluation_due, evaluation_record, step_record
from grid.result import parameters_sha256, summarize
from grid.session import Plan, Session
from grid.settings import Settings

PROGRESS_SECONDS = 0.2


@dataclass(frozen=True)
class Saving:
    """Where and when to save: every so many steps (0: never), when interrupted, and at the end."""

    path: Path
    every: int = 0


@dataclass
class Trainer:
    """A session, and what a training in this process keeps beside its parameters.

    Attributes:
        session: with the parameters after ``len(steps in history)`` updates.
        history: the records of steps and evaluations so far.
        bytes_up: what its gradients would have taken.
    """

    session: Session
    history: list[dict[str, Any]] = field(default_factory=list)
    bytes_up: int = 0

    @classmethod
    def start(cls, session: Session) -> Trainer:
        """Return a trainer at step 0."""
        session.start()
        return cls(session)

    @classmethod
    def resume(cls, session: Session, checkpoint: Checkpoint) -> Trainer:
        """Return a trainer at the step of a checkpoint.

        Raises:
            CheckpointError: if the checkpoint is of another network or optimizer.
        """
        if checkpoint.optimizer.shape != session.state.shape:
            raise CheckpointError(
                f"checkpoint: expected an optimizer state of {session.state.size} elements as {session.job.optimizer} "
                f"with {session.job.local_steps} local steps has, got {checkpoint.optimizer.shape}"
            )
        parameters = checkpoint.parameter_vector(session.plan.network.layout)
        session.load({"parameters": parameters, "optimizer": checkpoint.optimizer})
        return cls(session, list(checkpoint.history), checkpoint.bytes_up)

    def checkpoint(self) -> Checkpoint:
        """Return what is needed to go on from here."""
        arrays, layout = self.session.arrays(), self.session.plan.network.layout
        return Checkpoint(
            self.session.job, self.steps_made, by_name(arrays["parameters"], layout), arrays["optimizer"],
            self.history, self.bytes_up,
        )

    @property
    def steps_made(self) -> int:
        """The number of steps in the history."""
        return sum(record["kind"] == "step" for record in self.history)

    def step(self, step: int) -> list[tuple[float, int]]:
        """Make one update; return the mean loss and the number of examples of every shard."""
        mean = WeightedMean()
        losses = [self._add_shard(mean, step, shard) for shard in range(self.session.job.shards)]
        self.session.update(step, self.session.through_codec(mean.result(), step=step, shard=self.session.job.shards))
        return losses

    def evaluate(self, step: int, seconds: float) -> dict[str, Any]:
        """Return the record of an evaluation on the whole test split."""
        scores = [self.session.score(shard) for shard in range(self.session.plan.evaluation_shards)]
        return evaluation_record(step, scores, seconds)

    def _add_shard(self, mean: WeightedMean, step: int, shard: int) -> tuple[float, int]:
        """Add what the other end of the wire would decode; its memory is free again for the next shard."""
        session = self.session
        layout = session.plan.network.layout
        try:
            result = session.gradient(step, shard)
            vector = session.through_codec(result.vector, step=step, shard=shard)
            mean.add(vector, result.examples / session.job.step_examples)
        except DivergedError as error:
            raise DivergedError(f"step {step}, gradient:{shard}: {error}") from None
        self.bytes_up += body_size(session.codec, layout)
        return result.loss, result.examples


def train_local(
    job: Job, *, settings: Settings, on_progress: Callable[[Progress], None],
    backend: str | None = None, saving: Saving | None = None, beginning: Checkpoint | None = None,
) -> dict[str, Any]:
    """Train a job to its end and return its record (the keys of ``grid train --json``).

    Args:
        job: what to train.
        settings: where files are.
        on_progress: called now and then.
        backend: ``"opencl"`` or ``"numpy"``; default: as the settings say.
        saving: where and when to save.
        beginning: to begin from, in place of the parameters that follow from the seed.
    Raises:
        JobError, NetworkError, DataError: if the job cannot be run.
        DeviceError: if the backend that was asked for is not there.
        DivergedError: if the loss is not finite; names the layer where that began.
        CheckpointError: if a checkpoint cannot be written.
    """
    session = _session(job, settings, backend)
    trainer = Trainer.start(session) if beginning is None else Trainer.resume(session, beginning)
    return _finish(trainer, on_progress, saving)


def resume_local(
    path: Path, *, settings: Settings, on_progress: Callable[[Progress], None],
    backend: str | None = None, saving: Saving | None = None, changes: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Go on from a checkpoint file to the job's end and return its record; bit for bit that of a training in one go.

    Args:
        path: the checkpoint file.
        settings, on_progress, backend: as for ``train_local``.
        saving: default: on into the same file.
        changes: fields of the job that are to be others from here on, such as steps or learning_rate.
    Raises:
        CheckpointError: if the file cannot be read or does not fit the changed job; and all that ``train_local`` does.
    """
    checkpoint = read_checkpoint(path)
    job = validate_job({**checkpoint.job.model_dump(), **(changes or {})})
    trainer = Trainer.resume(_session(job, settings, backend), checkpoint)
    return _finish(trainer, on_progress, saving or Saving(path))


def _session(job: Job, settings: Settings, backend: str | None) -> Session:
    chosen = replace(settings, backend=backend or settings.backend)
    plan = Plan(job, chosen.data_dir)
    return Session(plan, create_backend(chosen))


def _finish(trainer: Trainer, on_progress: Callable[[Progress], None], saving: Saving | None) -> dict[str, Any]:
    """Make the steps that are left and return the record."""
    if saving is None:
        _make_steps(trainer, on_progress, None, Interruption())
    else:
        check_writable(saving.path)
        with Interruption() as interruption:
            _make_steps(trainer, on_progress, saving, interruption)
    session = trainer.session
    return {
        "run": f"local-{uuid.uuid4().hex[:6]}",
        **summarize(trainer.history),
        "parameters_sha256": parameters_sha256(session.parameters.numpy()),
        "bytes_up": trainer.bytes_up,
        "bytes_down": 0,
        "workers": 1,
        "shards": session.job.shards,
        "codec": session.job.codec,
        "backend": session.backend.name,
        "device": session.backend.device,
    }


def _make_steps(
    trainer: Trainer, on_progress: Callable[[Progress], None], saving: Saving | None, interruption: Interruption
) -> None:
    job, history, first = trainer.session.job, trainer.history, trainer.steps_made
    started = time.monotonic() - max((record["seconds"] for record in history), default=0.0)
    tracker, shown = ProgressTracker("local", job.steps), 0.0
    tracker.add(history)
    classes = [trainer.session.backend.equivalence_class]
    for step in range(first + 1, job.steps + 1):
        history.append(step_record(step, trainer.step(step - 1), classes, time.monotonic() - started))
        tracker.add(history[-1:])
        if evaluation_due(job.evaluate_every, step, job.steps):
            history.append(trainer.evaluate(step, time.monotonic() - started))
            tracker.add(history[-1:])
        if saving and (interruption or step == job.steps or (saving.every and step % saving.every == 0)):
            write_checkpoint(saving.path, trainer.checkpoint())
        interruption.act()
        if time.monotonic() - shown > PROGRESS_SECONDS:
            shown = time.monotonic()
            on_progress(tracker.progress("running", workers=1))
    if job.steps == 0 and not history:
        history.append(trainer.evaluate(0, time.monotonic() - started))
    on_progress(tracker.progress("finished", workers=1))
