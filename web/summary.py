"""One run in a few values: for the JSON API as they are, for the pages as text."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from web import text
from web.followed_runs import OVER, Glimpse

if TYPE_CHECKING:
    from grid.store import RunHeader
    from web.grid_view import GridView

STATE_WORDS = {
    "queued": "Queued",
    "running": "Running",
    "paused": "Paused",
    "finished": "Finished",
    "failed": "Failed",
    "cancelled": "Cancelled",
}


@dataclass(frozen=True)
class RunSummary:
    """A run as the site shows it.

    Attributes:
        values: what ``/api/runs`` answers.
        text: the same for people; the keys are those that the pages refer to.
        glimpse: its last steps and evaluations.
    """

    values: dict[str, Any]
    text: dict[str, str]
    glimpse: Glimpse

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.values["state"] in OVER


def summarize(grid: GridView, header: RunHeader) -> RunSummary:
    """Return the summary of the run with that header."""
    glimpse = grid.followed.look(header, lambda start: grid.run(header.run).history(start))
    values = _values(header, glimpse)
    return RunSummary(values, _text(values, now=time.time()), glimpse)


def network_name(network: object) -> str:
    """Return a shipped network's name, or the number of layers of another."""
    if not isinstance(network, list):
        return str(network)
    return "1 layer" if len(network) == 1 else f"{len(network)} layers"


def _values(header: RunHeader, glimpse: Glimpse) -> dict[str, Any]:
    job: Mapping[str, Any] = header.job
    progress = glimpse.progress
    running = header.state == "running"
    return {
        "run": header.run,
        "state": header.state,
        "phase": header.phase if running else None,
        "step": header.step,
        "steps": header.steps,
        "network": network_name(job.get("network")),
        "data": job.get("data"),
        "codec": job.get("codec"),
        "shards": header.shards,
        "loss": progress.loss,
        "accuracy": progress.accuracy,
        "examples_per_second": progress.examples_per_second,
        "eta_seconds": progress.eta_seconds if running else None,
        "created": header.created,
        "started": header.started,
        "finished": header.finished,
        "paused": header.paused,
        "error": header.error,
        "bytes_up": header.bytes_up,
        "bytes_down": header.bytes_down,
        "classes": glimpse.classes,
    }


def _text(values: Mapping[str, Any], *, now: float) -> dict[str, str]:
    started = values["started"]
    elapsed = None if started is None else (values["finished"] or values["paused"] or now) - started
    return {
        "state": STATE_WORDS[values["state"]] + (", evaluating" if values["phase"] == "evaluate" else ""),
        "step": f"{text.thousands(values['step'])} of {text.thousands(values['steps'])}",
        "loss": text.loss(values["loss"]),
        "accuracy": text.percent(values["accuracy"]),
        "rate": text.rate(values["examples_per_second"]),
        "elapsed": text.duration(elapsed),
        "left": text.duration(values["eta_seconds"]),
        "bytes_up": text.byte_count(values["bytes_up"]),
        "bytes_down": text.byte_count(values["bytes_down"]),
        "no_curve": "No step was made" if values["state"] in OVER else "Waiting for the first step",
        "classes": "\n".join(values["classes"]) or text.UNKNOWN,
        "error": values["error"] or "",
    }
