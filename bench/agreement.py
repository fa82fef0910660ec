"""How far OpenCL and NumPy drift apart while training the same LeNet, beside NumPy and NumPy started one rounding away.

    python bench/agreement.py [--steps 200] [--seed 1] [--json FILE|-]

Training amplifies roundings: a maximum of a pooling window that changes its place changes a gradient at once. The
second pair shows by how much: the same backend, the same job, initial parameters times 1 + 2**-23.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grid.devices import create_backend
from grid.job import Job
from grid.local import Trainer
from grid.session import Plan, Session
from grid.settings import load

SHOWN_STEPS = (1, 5, 10, 20, 50, 100, 150, 200)


def train(job: Job, backend: str, scale: np.float32) -> tuple[list[float], str]:
    """Return the loss of every step and the equivalence class."""
    settings = replace(load(), backend=backend)
    session = Session(Plan(job, settings.data_dir), create_backend(settings))
    trainer = Trainer.start(session)
    session.backend.write(session.parameters, session.parameters.numpy() * scale)
    losses = []
    for step in range(job.steps):
        shards = trainer.step(step)
        losses.append(sum(loss * examples for loss, examples in shards) / job.batch_size)
    return losses, session.backend.equivalence_class


def deviations(a: list[float], b: list[float]) -> dict[str, Any]:
    """Return the relative deviation of the loss at some steps, and of the mean over the last 100."""
    relative = np.abs(np.subtract(a, b)) / np.abs(a)
    tail_a, tail_b = np.mean(a[-100:]), np.mean(b[-100:])
    return {
        "by_step": {step: float(f"{relative[step - 1]:.1e}") for step in SHOWN_STEPS if step <= len(a)},
        "final_loss": float(f"{abs(tail_a - tail_b) / tail_a:.1e}"),
    }


def measure(steps: int, seed: int) -> dict[str, Any]:
    """Train three times and compare."""
    job = Job(steps=steps, batch_size=128, shards=4, seed=seed)
    same, nudged = np.float32(1), np.float32(1 + 2**-23)
    numpy, numpy_class = train(job, "numpy", same)
    opencl, opencl_class = train(job, "opencl", same)
    other, _ = train(job, "numpy", nudged)
    return {
        "steps": steps,
        "seed": seed,
        "codec": job.codec,
        "learning_rate": job.learning_rate,
        "classes": [numpy_class, opencl_class],
        "numpy_and_opencl": deviations(numpy, opencl),
        "numpy_and_numpy_one_rounding_away": deviations(numpy, other),
    }


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", default="-", help="write the report to FILE; - is stdout")
    arguments = parser.parse_args()
    text = json.dumps(measure(arguments.steps, arguments.seed), indent=2) + "\n"
    sys.stdout.write(text) if arguments.json == "-" else Path(arguments.json).write_text(text)


if __name__ == "__main__":
    main()
