"""Images/s of training LeNet on this machine's processor, beside PyTorch on the same cores.

    python bench/lenet.py [--batch-size 64] [--steps 100] [--repeats 7] [--device D] [--json FILE|-]

A step is the forward and backward pass, the momentum update and reading the loss, on one batch of images that comes
from the host. Each side runs in a process of its own, which is stopped while another is timed; they take turns, so
that whatever else the machine does hits all alike. The figure of a side is its median over the turns. PyTorch uses all
threads and its fused optimizer, and gets the better of its two memory layouts.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reports import publish
from bench.sides import Side, processor

SIDES = ("nabe", "pytorch nchw", "pytorch channels_last")
WARM_UP_STEPS = 20
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.01, 0.9, 0.0005

Step = Callable[[], float]
"""Makes one training step and returns its loss."""


def make_batch(batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images (N, 28, 28, 1) float32 in [0, 1) and labels (N,) int32."""
    generator = np.random.default_rng(0)
    images = generator.random((batch_size, 28, 28, 1), np.float32)
    return images, generator.integers(0, 10, batch_size).astype(np.int32)


def prepare_nabe(batch_size: int, device: str | None) -> tuple[Step, str]:
    """Return a step of ``grid train --local``, on images of MNIST, and the name of its equivalence class."""
    from grid.devices import create_backend
    from grid.job import Job
    from grid.local import Trainer
    from grid.session import Plan, Session
    from grid.settings import load

    job = Job(
        network="lenet", data="mnist", batch_size=batch_size, shards=1, codec="float32", seed=1,
        learning_rate=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY,
    )  # fmt: skip
    settings = replace(load(), backend="opencl", device=device)
    session = Session(Plan(job, settings.data_dir), create_backend(settings))
    trainer = Trainer.start(session)
    steps = itertools.count()

    def step() -> float:
        [(loss, _)] = trainer.step(next(steps))
        return loss

    return step, session.backend.equivalence_class


def prepare_pytorch(batch_size: int, layout: str) -> tuple[Step, str]:
    """Return the same training step in PyTorch on the processor, and its version."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    model = nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
    ).to(memory_format=memory_format)  # fmt: skip
    optimizer = torch.optim.SGD(
        model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, fused=True
    )
    images, labels = make_batch(batch_size)

    def step() -> float:
        x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(x), torch.from_numpy(labels).long())
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step, f"pytorch/{torch.__version__}/{torch.get_num_threads()}-threads"


def serve(side: str, batch_size: int, device: str | None) -> None:
    """Warm up one side, then time as many steps as each line on stdin asks for."""
    step, name = prepare_nabe(batch_size, device) if side == "nabe" else prepare_pytorch(batch_size, side.split()[1])
    for _ in range(WARM_UP_STEPS):
        step()
    print(name, flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        losses = [step() for _ in range(int(line))]
        seconds = time.perf_counter() - started
        if not np.isfinite(losses).all():
            raise SystemExit(f"{side}: expected finite losses, got {losses[-1]}")
        print(seconds, flush=True)


def start(side: str, arguments: argparse.Namespace) -> Side:
    """Start the process of a side."""
    command = [sys.executable, __file__, "--serve", side, "--batch-size", str(arguments.batch_size)]
    return Side(command + (["--device", arguments.device] if arguments.device else []))


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Let the sides take turns and return the report."""
    sides = {side: start(side, arguments) for side in SIDES}
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    try:
        for _ in range(arguments.repeats):
            for name, side in sides.items():
                seconds[name].append(float(side.ask(arguments.steps)))
    finally:
        for side in sides.values():
            side.stop()
    images = arguments.batch_size * arguments.steps
    speeds = {name: [images / value for value in values] for name, values in seconds.items()}
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    best = max(SIDES[1:], key=lambda name: medians[name])
    return {
        "machine": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "batch_size": arguments.batch_size,
        "steps": arguments.steps,
        "repeats": arguments.repeats,
        "versions": {name: side.version for name, side in sides.items()},
        "images_per_second": {name: round(value, 1) for name, value in medians.items()},
        "all_images_per_second": {name: [round(value, 1) for value in values] for name, values in speeds.items()},
        "best_pytorch": best,
        "ratio": round(medians["nabe"] / medians[best], 3),
    }


def show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    print(f"{report['machine']}, {report['cores']} cores; LeNet, batch {report['batch_size']}, images/s of whole steps")
    for name, value in report["images_per_second"].items():
        values = report["all_images_per_second"][name]
        print(f"  {name:22} {value:8,.0f}   ({min(values):,.0f} to {max(values):,.0f}; {report['versions'][name]})")
    print(f"  ratio to {report['best_pytorch']}: {report['ratio']:.2f}")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=100, help="steps of a turn")
    parser.add_argument("--repeats", type=int, default=7, help="turns of each side")
    parser.add_argument("--device", help="index or part of the name of the OpenCL device")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    parser.add_argument("--serve", choices=SIDES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.batch_size, arguments.device)
        return
    publish(measure(arguments), show, arguments.json)


if __name__ == "__main__":
    main()
