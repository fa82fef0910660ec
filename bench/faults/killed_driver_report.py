"""The report of ``bench/chaos.py --kill-driver``: a job trained in one process, and with kills on the way."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.faults.commands import commands
from bench.faults.killed_driver import Kill, killed_training
from bench.faults.recoveries import quantiles
from bench.sides import processor
from grid.checkpoint import read_checkpoint
from grid.job import Job
from grid.local import Saving, train_local
from grid.settings import Settings

Losses = list[tuple[int, float]]


def measure(job: Job, *, kills: int, workers: int, backend: str | None, seed: int) -> dict[str, Any]:
    """Train a job both ways and return the report."""
    with commands(workers=workers, backend=backend) as user:
        begin = time.monotonic()
        outcome = killed_training(user, job, kills=kills, chance=random.Random(seed))  # noqa: S311  # no secret
        seconds = time.monotonic() - begin
        expected, calm_losses = calm(job, user.settings, backend)
    losses = losses_of(outcome.history)
    same = expected == outcome.parameters_sha256 and calm_losses == losses
    return {
        "machine": processor(), "cores": len(os.sched_getaffinity(0)), "workers": workers,
        "job": job.model_dump(
            include={"network", "steps", "batch_size", "shards", "codec", "seed", "checkpoint_every"}
        ),
        "seed": seed, "seconds": round(seconds, 1),
        "kills": [
            {**asdict(kill), "equal": losses[first:last] == calm_losses[first:last]}
            for kill, first, last in parts(outcome.kills, job.steps)
        ],
        "next_step_seconds": quantiles(kill.next_step_seconds for kill in outcome.kills),
        "regained_seconds": quantiles(kill.regained_seconds for kill in outcome.kills),
        "hash_calm": expected, "hash_resumed": outcome.parameters_sha256, "equal": same,
    }  # fmt: skip


def calm(job: Job, settings: Settings, backend: str | None) -> tuple[str, Losses]:
    """Train a job in this process, undisturbed; return the hash of its parameters and its losses."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "calm.safetensors"
        record = train_local(
            job, settings=settings, on_progress=lambda _: None, backend=backend, saving=Saving(file)
        )
        return str(record["parameters_sha256"]), losses_of(read_checkpoint(file).history)


def losses_of(history: Sequence[Mapping[str, Any]]) -> Losses:
    """Return number and loss of each step of a history, in its order."""
    return [(record["step"], record["loss"]) for record in history if record["kind"] == "step"]


def parts(kills: Sequence[Kill], steps: int) -> list[tuple[Kill, int, int]]:
    """Return each kill, and from which step to which those lasted that were made after it and before the next one."""
    begins = [kill.went_on_from for kill in kills]
    return list(zip(kills, begins, [*begins[1:], steps], strict=True))


def show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    print(f"{report['machine']}, {report['cores']} cores; {report['workers']} workers, {report['job']['steps']} steps, "
          f"a checkpoint every {report['job']['checkpoint_every']}; {report['seconds']:.0f} s")  # fmt: skip
    for kill in report["kills"]:
        print(f"  step {kill['step']:5}   {kill['processes']} processes killed; resumed from step "
              f"{kill['went_on_from']}, next step after {kill['next_step_seconds']:.2f} s, step {kill['step'] + 1} "
              f"after {kill['regained_seconds']:.2f} s; {'equal' if kill['equal'] else 'DIFFERENT'}")  # fmt: skip
    print(f"  hash         {report['hash_resumed'][:16]}, calm {report['hash_calm'][:16]}: "
          + ("equal" if report["equal"] else "DIFFERENT"))  # fmt: skip
