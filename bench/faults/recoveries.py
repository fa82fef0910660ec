"""How long a run needed to go on after each fault, from the moments at which its steps were published.

The next step after a fault often comes at once, because the others had nearly finished it; what the fault broke, such
as a message that a killed worker had taken, shows one or two steps later as a standstill. So the end of a fault is that
of the last standstill which began soon after it.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bench.faults.nemesis import Fault
from bench.faults.timeline import Sample

STANDSTILL = 4.0
"""A gap between two steps is a standstill if it is so many times the median gap of a calm run."""
WINDOW_SECONDS = 2.0
"""A standstill that begins so long after a fault, or sooner, is laid to it: leases run out after 1.2 s."""
AFTERMATH_SECONDS = 10.0
"""So long after a fault a run is calm again: a worker that was killed has started and computes."""
CALM_SECONDS = 60.0
"""Less than so many calm seconds between the faults say nothing about the speed without them."""
SHOWN = 10


@dataclass(frozen=True)
class Recovery:
    """A fault, and how many seconds later the run went on: a calm step's time is taken off."""

    fault: Fault
    seconds: float


def recoveries(faults: Iterable[Fault], samples: Sequence[Sample], usual_gap: float) -> list[Recovery]:
    """Return the recovery of each fault that did anything and was followed by a step, in order of time."""
    ends = [(fault, _end(fault.seconds, samples, usual_gap)) for fault in faults if fault.harmful]
    return [Recovery(fault, max(0.0, end - fault.seconds - usual_gap)) for fault, end in ends if end is not None]


def _end(moment: float, samples: Sequence[Sample], usual_gap: float) -> float | None:
    """Return when a run went on after a fault: the next step, or the end of the last standstill that began in time."""
    end = None
    for before, after in pairwise(samples):
        if after.seconds <= moment or before.seconds > moment + WINDOW_SECONDS:
            continue
        if end is None or after.seconds - before.seconds > STANDSTILL * usual_gap:
            end = after.seconds
    return end


def rate_between_faults(faults: Iterable[Fault], samples: Sequence[Sample]) -> float | None:
    """Return steps a second in the calm stretches between faults; ``None`` where these are too short to tell.

    Unlike the calm runs before and after, they share the minutes of the run itself, whatever else the machine does.
    """
    moments = [fault.seconds for fault in faults]
    steps, seconds = 0, 0.0
    for before, after in pairwise(samples):
        if not any(before.seconds - AFTERMATH_SECONDS < moment < after.seconds for moment in moments):
            steps, seconds = steps + after.step - before.step, seconds + after.seconds - before.seconds
    return steps / seconds if seconds >= CALM_SECONDS else None


def quantiles(values: Iterable[float]) -> dict[str, float] | None:
    """Return count, median, 95th percentile and maximum; ``None`` of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    return {
        "count": len(ordered),
        "p50": round(statistics.median(ordered), 3),
        "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 3),
        "max": round(ordered[-1], 3),
    }


def by_kind(found: Iterable[Recovery]) -> dict[str, dict[str, float] | None]:
    """Return the quantiles of each kind of fault."""
    kinds: dict[str, list[float]] = {}
    for recovery in found:
        kinds.setdefault(recovery.fault.kind, []).append(recovery.seconds)
    return {kind: quantiles(values) for kind, values in sorted(kinds.items())}


def slowest(found: Iterable[Recovery], begin: float) -> list[dict[str, Any]]:
    """Return the slowest recoveries, the slowest first: what was done, and how many seconds after ``begin``."""
    ordered = sorted(found, key=lambda recovery: -recovery.seconds)[:SHOWN]
    return [
        {
            "kind": recovery.fault.kind, "detail": recovery.fault.detail,
            "at": round(recovery.fault.seconds - begin, 2), "seconds": round(recovery.seconds, 3),
        }
        for recovery in ordered
    ]  # fmt: skip
