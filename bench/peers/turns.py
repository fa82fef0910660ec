"""What a side of ``bench/train.py`` does: warm up, then make as many training steps as each line on stdin asks for."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Step = Callable[[], float]
"""Makes one training step and returns its loss."""

LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.01, 0.9, 0.0005
IMAGE_SHAPES = {"lenet": (28, 28, 1)}
CLASSES = {"lenet": 10}
STATUS = Path("/proc/self/status")


def make_batch(network: str, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images (N, H, W, C) float32 in [0, 1) and labels (N,) int32, the same for all sides."""
    generator = np.random.default_rng(0)
    images = generator.random((batch, *IMAGE_SHAPES.get(network, (224, 224, 3))), np.float32)
    return images, generator.integers(0, CLASSES.get(network, 1000), batch).astype(np.int32)


def take_turns(step: Step, *, name: str, warm_up: int) -> None:
    """Warm up and say ``name``; then answer each number of steps with seconds and peak resident memory, as JSON."""
    for _ in range(warm_up):
        step()
    print(name, flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        losses = [step() for _ in range(int(line))]
        seconds = time.perf_counter() - started
        if not all(map(math.isfinite, losses)):
            raise SystemExit(f"{name}: expected finite losses, got {losses[-1]}")
        print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes()}), flush=True)


def peak_bytes() -> int | None:
    """Return the largest resident set that this process has had so far; None where the system does not tell."""
    if not STATUS.exists():
        return None
    fields = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024
