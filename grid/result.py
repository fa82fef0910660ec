"""The record of a finished run, as ``grid train --json`` prints it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

FINAL_STEPS = 100


def parameters_sha256(parameters: np.ndarray) -> str:
    """Return the SHA-256 of a parameter vector's little-endian float32 bytes, in hex."""
    return hashlib.sha256(np.ascontiguousarray(parameters, dtype="<f4").tobytes()).hexdigest()


def summarize(history: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return steps, examples, speed, final loss, test accuracy and classes of a history.

    ``final_loss`` is the mean training loss of the last 100 steps, or of all if there were fewer: the loss of a single
    batch scatters by several percent. ``examples_per_second`` leaves out the time before the first step was done:
    start-up and building of kernels.
    """
    steps = [record for record in history if record["kind"] == "step"]
    evaluations = [record for record in history if record["kind"] == "evaluation"]
    return {
        "steps": len(steps),
        "examples": sum(record["examples"] for record in steps),
        "seconds": round(max((record["seconds"] for record in [*steps, *evaluations]), default=0.0), 3),
        "examples_per_second": _speed(steps),
        "final_loss": _mean([record["loss"] for record in steps[-FINAL_STEPS:]]),
        "test_loss": evaluations[-1]["test_loss"] if evaluations else None,
        "test_accuracy": evaluations[-1]["test_accuracy"] if evaluations else None,
        "classes": sorted({name for record in steps for name in record["classes"]}),
    }


def _mean(losses: list[float]) -> float | None:
    return sum(losses) / len(losses) if losses else None


def _speed(steps: list[Mapping[str, Any]]) -> float | None:
    if len(steps) < 2:
        return None
    elapsed = steps[-1]["seconds"] - steps[0]["seconds"]
    examples = sum(record["examples"] for record in steps[1:])
    return round(examples / elapsed, 1) if elapsed > 0 else None
