"""One run in words: its network, its times, its lines in ``grid status``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from grid.store import RunHeader


def network_name(network: str | Sequence[Mapping[str, Any]]) -> str:
    """Return a shipped network's name, or the number of layers of another."""
    return network if isinstance(network, str) else f"{len(network)} layers"


def since(moment: float) -> str:
    """Return how long ago a moment (seconds since 1970) was."""
    return f"{timedelta(seconds=max(0, round(time.time() - moment)))} ago"


def _local_steps(job: Mapping[str, Any]) -> str:
    count = job.get("local_steps", 1)
    return f", {count} local steps in each" if count > 1 else ""


def status_lines(header: RunHeader, history: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the lines of ``grid status``."""
    job = header.job
    lines = [
        f"run        {header.run}",
        f"state      {header.state}",
        f"step       {header.step} of {header.steps}",
        f"network    {network_name(job['network'])}",
        f"data       {job['data']}, batches of {job['batch_size']} in {header.shards} shards, seed {job['seed']}",
        f"codec      {job['codec']}{_local_steps(job)}",
        f"submitted  {since(header.created)}",
        f"bytes      {header.bytes_up:,} up, {header.bytes_down:,} down",
    ]
    last = {record["kind"]: record for record in history}
    if "step" in last:
        lines.append(f"loss       {last['step']['loss']:.5f} at step {last['step']['step']}")
    if "evaluation" in last:
        lines.append(f"accuracy   {last['evaluation']['test_accuracy']:.2%} at step {last['evaluation']['step']}")
    if header.error:
        lines.append(f"error      {header.error}")
    return lines
