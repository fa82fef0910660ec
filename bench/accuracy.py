"""What a codec costs in accuracy: LeNet on MNIST with several seeds, the same examples for every codec.

    python bench/accuracy.py [--seeds 5] [--epochs 8] [--json FILE|-] [--svg FILE]

Each training runs in this process, which gives the bits of the grid: every gradient and every mean goes through the
codec. All begin with the same parameters and see the same examples in the same order, by seed. Ternary with four local
steps makes a quarter of the steps, with four times the examples in each.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reports import Report, publish
from grid.devices import create_backend
from grid.job import Job
from grid.local import Trainer
from grid.session import Plan, Session
from grid.settings import load
from mathcore.backends.base import Backend

EXAMPLES = 60_000
BATCH_SIZE = 256
SHARDS = 4


@dataclass(frozen=True)
class Setting:
    """One way to send gradients."""

    name: str
    codec: str
    local_steps: int = 1
    learning_rate: float = 0.05

    def job(self, seed: int, epochs: float) -> Job:
        """Return the job of a training; the rate falls to zero over the same number of batches for all."""
        batches = round(epochs * EXAMPLES / BATCH_SIZE)
        return Job(
            network="lenet", steps=round(batches / self.local_steps), batch_size=BATCH_SIZE, shards=SHARDS, seed=seed,
            codec=self.codec, local_steps=self.local_steps, learning_rate=self.learning_rate, momentum=0.9,
            lr_policy={"type": "cosine", "max_steps": batches},
        )  # fmt: skip


SETTINGS = (
    Setting("float32", "float32"),
    Setting("dynamic8", "dynamic8"),
    Setting("sr4", "sr4"),
    Setting("ternary", "ternary"),
    Setting("ternary, 4 local steps", "ternary", local_steps=4, learning_rate=0.1),  # its momentum has 4 steps to grow
)


def train(job: Job, backend: Backend) -> dict[str, Any]:
    """Train and return accuracy, loss and what a step sends."""
    session = Session(Plan(job, load().data_dir), backend)
    trainer, started, losses = Trainer.start(session), time.monotonic(), []
    for step in range(job.steps):
        shards = trainer.step(step)
        losses.append(sum(loss * examples for loss, examples in shards) / job.step_examples)
    found = trainer.evaluate(job.steps, 0.0)
    last = max(1, len(losses) // 10)
    return {
        "seed": job.seed, "test_accuracy": found["test_accuracy"], "test_loss": found["test_loss"],
        "training_loss": float(np.mean(losses[-last:])), "examples": job.steps * job.step_examples,
        "bytes_up": trainer.bytes_up, "seconds": round(time.monotonic() - started, 1),
    }


def measure(settings: tuple[Setting, ...], seeds: int, epochs: float) -> Report:
    """Train every setting with every seed and compare the means with that of the first setting."""
    backend = create_backend(replace(load(), backend="opencl"))
    rows: list[dict[str, Any]] = []
    for setting in settings:
        runs = []
        for seed in range(1, seeds + 1):
            runs.append(train(setting.job(seed, epochs), backend))
            print(f"{setting.name}, seed {seed}: {runs[-1]['test_accuracy']:.2%}", file=sys.stderr, flush=True)
        accuracies = np.array([100 * run["test_accuracy"] for run in runs])
        rows.append({
            "name": setting.name, "codec": setting.codec, "local_steps": setting.local_steps,
            "learning_rate": setting.learning_rate, "accuracy_percent": round(float(accuracies.mean()), 3),
            "deviation": round(float(accuracies.std(ddof=1)), 3) if seeds > 1 else None, "runs": runs,
        })  # fmt: skip
    first = rows[0]["accuracy_percent"]
    for row in rows:
        row["difference"] = round(row["accuracy_percent"] - first, 3)
    return {
        "network": "lenet", "data": "mnist", "epochs": epochs, "batch_size": BATCH_SIZE, "shards": SHARDS,
        "momentum": 0.9, "policy": "cosine to 0", "seeds": seeds, "class": backend.equivalence_class,
        "within_0_2_points": all(abs(row["difference"]) <= 0.2 for row in rows), "settings": rows,
    }  # fmt: skip


def show(report: Report) -> None:
    """Print the table as Markdown."""
    print("| gradients travel as | learning rate | payload bytes a batch of 256, up | test accuracy, % | difference |")
    print("|---|---|---|---|---|")
    for row in report["settings"]:
        spread = "" if row["deviation"] is None else f" ± {row['deviation']:.2f}"
        cells = (
            row["name"], f"{row['learning_rate']:g}", f"{bytes_a_batch(row):,.0f}",
            f"{row['accuracy_percent']:.2f}{spread}", f"{row['difference']:+.2f}",
        )  # fmt: skip
        print(f"| {' | '.join(cells)} |")


def bytes_a_batch(row: Mapping[str, Any]) -> float:
    """Return the bytes that the gradients of 256 examples take."""
    run = row["runs"][0]
    return float(run["bytes_up"] * BATCH_SIZE / run["examples"])


def draw(report: Report, path: Path) -> None:
    """Draw every run and the means into an SVG file."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "nabe"  # the same file from the same numbers
    from matplotlib import pyplot

    rows = report["settings"]
    figure, axis = pyplot.subplots(figsize=(7, 4))
    mean = rows[0]["accuracy_percent"]
    axis.axhspan(mean - 0.2, mean + 0.2, color="tab:gray", alpha=0.2, label="float32 ± 0.2 points")
    for place, row in enumerate(rows):
        values = [100 * run["test_accuracy"] for run in row["runs"]]
        axis.plot([place] * len(values), values, "o", color="tab:blue", alpha=0.6)
        spread = row["deviation"] or 0.0
        axis.errorbar([place + 0.15], [row["accuracy_percent"]], yerr=[spread], fmt="s", color="tab:orange")
    labels = [f"{row['name']}\n{bytes_a_batch(row) / 1e3:,.0f} kB" for row in rows]
    axis.set_xticks(range(len(rows)), labels, fontsize=8)
    axis.set_ylabel("test accuracy, %")
    axis.set_title(f"LeNet on MNIST, {report['epochs']:g} epochs: runs, mean and deviation", fontsize=10)
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=float, default=8)
    parser.add_argument("--settings", nargs="+", choices=[setting.name for setting in SETTINGS], help="default: all")
    parser.add_argument("--local-lr", type=float, help="learning rate of the setting with local steps")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the accuracies")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - is stdout")
    arguments = parser.parse_args()
    chosen = [setting for setting in SETTINGS if setting.name in (arguments.settings or [setting.name])]
    if arguments.local_lr:
        with_rate = partial(replace, learning_rate=arguments.local_lr)
        chosen = [with_rate(setting) if setting.local_steps > 1 else setting for setting in chosen]
    report = measure(tuple(chosen), arguments.seeds, arguments.epochs)
    publish(report, show, arguments.json)
    if arguments.svg:
        draw(report, arguments.svg)


if __name__ == "__main__":
    main()
