"""The records of a run's history, one a step and one an evaluation, and when an evaluation is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from grid.session import Score


def evaluation_due(every: int, step: int, steps: int) -> bool:
    """Tell whether the parameters after ``step`` updates are to be evaluated."""
    return step >= steps or (every > 0 and step % every == 0)


def history_until(records: Iterable[Mapping[str, Any]], step: int) -> list[dict[str, Any]]:
    """Return the records of a history as it was after ``step`` steps, an evaluation there included."""
    return [dict(record) for record in records if record["step"] <= step]


def evaluated(records: Iterable[Mapping[str, Any]], step: int) -> bool:
    """Tell whether a history has the evaluation after ``step`` steps."""
    return any(record["kind"] == "evaluation" and record["step"] == step for record in records)


def evaluation_record(step: int, scores: Iterable[Score], seconds: float) -> dict[str, Any]:
    """Return the history record of an evaluation after ``step`` steps; scores in shard order."""
    loss_sum, correct, examples = 0.0, 0, 0
    for score in scores:
        loss_sum += score.loss_sum
        correct += score.correct
        examples += score.examples
    return {
        "kind": "evaluation", "step": step, "test_loss": loss_sum / examples, "test_accuracy": correct / examples,
        "examples": examples, "seconds": seconds,
    }


def step_record(
    step: int, shards: Iterable[tuple[float, int]], classes: Iterable[str], seconds: float
) -> dict[str, Any]:
    """Return the history record of one step.

    Args:
        step: the number of updates made, this one included.
        shards: mean loss and number of examples of every shard, in shard order.
        classes: the equivalence classes that took part.
        seconds: since the run started.
    """
    loss_sum, examples = 0.0, 0
    for loss, count in shards:
        loss_sum += loss * count
        examples += count
    return {
        "kind": "step", "step": step, "loss": loss_sum / examples, "examples": examples,
        "seconds": seconds, "classes": sorted(set(classes)),
    }
