"""``grid train`` with its own workers and servers, killed with all of them, and ``grid resume``, again and again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bench.faults.commands import Commands
from bench.faults.timeline import Sample, Timeline
from grid.client import Client, client_on
from grid.connection import Connection, connect
from grid.errors import BrokerError
from grid.job import Job
from grid.run_folder import RunFolder
from grid.store import RunHeader

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Kill:
    """One kill of everything, and what became of it.

    Attributes:
        step: how many steps had been made.
        processes: how many were killed.
        went_on_from: the step from which the next command goes on.
        next_step_seconds: from the start of the next command to the first step that it made.
        regained_seconds: to the first step that had not been made before.
    """

    step: int
    processes: int
    went_on_from: int
    next_step_seconds: float
    regained_seconds: float


@dataclass(frozen=True)
class Outcome:
    """What the last command said, and the history of the run."""

    run: str
    kills: list[Kill]
    parameters_sha256: str
    history: list[dict[str, Any]]


def killed_training(commands: Commands, job: Job, *, kills: int, chance: random.Random) -> Outcome:
    """Train a job with so many kills of everything on the way, each followed by ``grid resume``.

    Args:
        commands: of a user who has trained nothing yet.
        job: what to train; the name of a shipped network.
        kills: how many; each in a part of its own of the job, all parts of the same length.
        chance: the moments follow from it.
    Raises:
        CommandFailedError: if a command ends without having done its work.
    """
    part = job.steps // (kills + 1)
    targets = [part * index + chance.randrange(1, part + 1) for index in range(kills)]
    commands.start("train", str(job.network), *_options(job))
    with _watched(commands) as view:
        run, reached = view.run, view.killed_at(targets[0], chance)
    done = []
    for target in [*targets[1:], None]:
        killed, begin = commands.kill(), time.monotonic()
        commands.start("resume", run)
        with _watched(commands) as view:
            reached, made, regained = view.went_on(reached)
            seconds = [round(sample.seconds - begin, 3) for sample in (made, regained)]
            done.append(Kill(reached, killed, made.step - 1, *seconds))
            if target is not None:
                reached = view.killed_at(target, chance)
    record = commands.wait()
    checkpoint = RunFolder(commands.state_dir, run).newest()
    return Outcome(run, done, str(record["parameters_sha256"]), checkpoint.history if checkpoint else [])


class _View:
    """The only run of the embedded servers, as seen from outside while a command runs."""

    def __init__(self, commands: Commands, client: Client, timeline: Timeline, run: str) -> None:
        self.run = run
        self._commands = commands
        self._client = client
        self._timeline = timeline

    def killed_at(self, step: int, chance: random.Random) -> int:
        """Wait for a step, and a random part of the time that a step takes; return the step reached by then."""
        _await(self._commands, lambda: self._timeline.step >= step)
        time.sleep(chance.random() * self._timeline.usual_gap(0.0, float("inf")))
        return self._client.store.header(self.run).step

    def went_on(self, reached: int) -> tuple[int, Sample, Sample]:
        """Wait until the run has come further than it ever was.

        Args:
            reached: the last step seen before the kill; the control server may have seen one more.
        Returns:
            The step that was reached; the first sample of a step made now, which may be an earlier one; the first one
            of a step that had not been made before.
        """
        _await(self._commands, lambda: self._made() is not None)
        made = self._made()
        assert made is not None
        found = [sample.step for sample in self._timeline.samples(until=made.seconds) if sample is not made]
        reached = max(reached, *found)
        _await(self._commands, lambda: self._timeline.step > reached)
        later = self._timeline.samples(since=made.seconds)
        return reached, made, next(sample for sample in later if sample.step > reached)

    def _made(self) -> Sample | None:
        """Return the first sample that is further than the one before: not what was found, nor a setting back."""
        return next((after for before, after in pairwise(self._timeline.samples()) if after.step > before.step), None)


@contextmanager
def _watched(commands: Commands) -> Iterator[_View]:
    """Join the embedded servers of a command that was just started, and follow its run; let go of them at the end."""
    found: list[Connection] = []
    runs: list[RunHeader] = []

    def joined() -> bool:
        with suppress(BrokerError):
            found.append(connect(commands.settings))
        return bool(found)

    def submitted() -> bool:
        runs.extend(client.store.runs())
        return bool(runs)

    _await(commands, joined)
    with client_on(found[0]) as client:
        _await(commands, submitted)
        with Timeline(client.store, runs[0].run) as timeline:
            yield _View(commands, client, timeline, runs[0].run)


def _await(commands: Commands, condition: Callable[[], bool]) -> None:
    while not condition():
        commands.check()
        time.sleep(POLL_SECONDS)


def _options(job: Job) -> list[str]:
    values = {
        "data": job.data, "steps": job.steps, "batch-size": job.batch_size, "shards": job.shards, "codec": job.codec,
        "seed": job.seed, "checkpoint-every": job.checkpoint_every,
    }  # fmt: skip
    return [text for name, value in values.items() for text in (f"--{name}", str(value))]
