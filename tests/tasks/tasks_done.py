"""Tasks done by a worker of the test process, as its Celery would have it do them."""

from __future__ import annotations

from functools import partial

from grid.job import Job
from grid.local import Trainer
from grid.session import Plan, Session
from grid.settings import load
from grid.worker import Worker
from mathcore import backends
from tasks.apply import publish_step
from tasks.evaluate import commit_score
from tasks.gradient import compute_shards


def gradient(worker: Worker, run: str, step: int) -> str:
    return worker.perform(run, step, "gradient", compute_shards)


def apply(worker: Worker, run: str, step: int) -> str:
    return worker.perform(run, step, "apply", publish_step)


def evaluate(worker: Worker, run: str, step: int, shard: int) -> str:
    return worker.perform(run, step, f"evaluate:{shard}", partial(commit_score, shard=shard))


def make_steps(worker: Worker, run: str, *steps: int) -> None:
    """Let one worker make steps all by itself."""
    for step in steps:
        assert gradient(worker, run, step) == "complete"
        assert apply(worker, run, step) == "accepted"


def bits(session: Session) -> bytes:
    """Return parameters and optimizer state, bit for bit."""
    return session.parameters.numpy().tobytes() + session.state.numpy().tobytes()


def local_bits(job: Job, steps: int) -> bytes:
    """Return what training in this process comes to after so many steps."""
    session = Session(Plan(job, load({}).data_dir), backends.create("numpy"))
    trainer = Trainer.start(session)
    for step in range(steps):
        trainer.step(step)
    return bits(session)
