"""Draws the learning curve of a training from its checkpoint file: loss of every step, accuracy of every evaluation.

    python bench/learning_curve.py resnet20.safetensors docs/results/resnet20.svg
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grid.checkpoint import read_checkpoint

SMOOTHED_STEPS = 20
mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "nabe"  # the same file from the same curve


def draw(history: list[dict[str, Any]], title: str, path: Path) -> None:
    """Draw the records of a history into an SVG file."""
    from matplotlib import pyplot

    losses = np.array([record["loss"] for record in history if record["kind"] == "step"])
    tests = [(record["step"], 100 * record["test_accuracy"]) for record in history if record["kind"] == "evaluation"]
    count = min(SMOOTHED_STEPS, losses.size)
    mean = np.convolve(losses, np.ones(count) / count, mode="valid")
    figure, axis = pyplot.subplots(figsize=(7, 4))
    axis.semilogy(np.arange(count, losses.size + 1), mean, color="tab:blue", linewidth=1)
    axis.set_xlabel("steps")
    axis.set_ylabel(f"training loss, mean of {count} steps", color="tab:blue")
    other = axis.twinx()
    other.plot([step for step, _ in tests], [accuracy for _, accuracy in tests], "o-", color="tab:orange")
    other.set_ylabel("test accuracy, %", color="tab:orange")
    axis.set_title(title)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="what `grid train --local --checkpoint` wrote")
    parser.add_argument("svg", type=Path, help="where the curve goes")
    parser.add_argument("--title", default="", help="of the figure")
    arguments = parser.parse_args()
    draw(read_checkpoint(arguments.checkpoint).history, arguments.title, arguments.svg)


if __name__ == "__main__":
    main()
