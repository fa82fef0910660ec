"""A plugin for workers (``GRID_PLUGINS``): notes the counters of the servers when certain steps have been published.

    STEP_COUNTERS_FOLDER   where to; the file ``steps`` in it grows by one byte a step
    STEP_COUNTERS_AT       the numbers of steps, such as ``3,53``: each makes a file of that name, in JSON
    STEP_COUNTERS_WORKERS  how many workers there are
    STEP_COUNTERS_URLS     control server and blob servers, separated by blanks

The worker that publishes a step reads the counters before it sends the next: all that the step needed has moved, and
nothing of the next. In those steps each worker waits, when its parameters are current, until all others are. So
between two such moments every worker reads as many log entries as there were steps.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from grid import instants
from grid.store.resp import RespConnection
from grid.store.url import parse_url

PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.002
GROWING = {"published": "steps", "received": "tasks", "computed": "shards"}
"""Instants that are counted, and the files that grow by one byte at each."""


def counters(url: str, section: str) -> dict[str, int]:
    """Return the whole numbers in a section of a server's INFO."""
    connection = RespConnection(parse_url(url))
    try:
        reply = connection.call("INFO", section)
    finally:
        connection.close()
    lines = reply.decode("ascii", "replace").splitlines() if isinstance(reply, bytes) else []
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {name: int(value) for name, value in pairs if value.isdecimal()}


class StepCounters:
    """Watches the instants of this process."""

    def __init__(self, folder: Path, steps: set[int], *, workers: int, urls: list[str]) -> None:
        self._folder = folder
        self._steps = steps
        self._workers = workers
        self._urls = urls

    def watch(self, instant: str) -> None:
        """Count the instant, meet the other workers at it, or note the counters."""
        if instant in GROWING:
            self._grow(GROWING[instant])
        if instant == "current" and self._size("steps") + 1 in self._steps:
            self._meet(self._size("steps"))
        elif instant == "published" and self._size("steps") in self._steps:
            self._note(self._size("steps"))

    def _meet(self, step: int) -> None:
        """Wait until all workers have come here in this step; not for ever, should one have died."""
        (self._folder / f"current.{step}.{os.getpid()}").touch()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(list(self._folder.glob(f"current.{step}.*"))) < self._workers and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

    def _note(self, step: int) -> None:
        noted = {
            "seconds": time.monotonic(), "tasks": self._size("tasks"), "shards": self._size("shards"),
            "servers": [counters(url, "stats") for url in self._urls],
        }  # fmt: skip
        draft = self._folder / f"{step}.draft"
        draft.write_text(json.dumps(noted))
        draft.rename(self._folder / str(step))

    def _grow(self, name: str) -> None:
        with (self._folder / name).open("ab") as file:
            file.write(b".")

    def _size(self, name: str) -> int:
        path = self._folder / name
        return path.stat().st_size if path.exists() else 0


if "STEP_COUNTERS_FOLDER" in os.environ:
    instants.observers.append(
        StepCounters(
            Path(os.environ["STEP_COUNTERS_FOLDER"]), {int(text) for text in os.environ["STEP_COUNTERS_AT"].split(",")},
            workers=int(os.environ["STEP_COUNTERS_WORKERS"]), urls=os.environ["STEP_COUNTERS_URLS"].split(),
        ).watch
    )  # fmt: skip
