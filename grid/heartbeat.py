"""Tells the control server every few seconds that a worker lives and what it is doing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from grid.periodic import PeriodicThread
from grid.store import Store
from mathcore.backends.base import Backend

INTERVAL_SECONDS = 2.0
SMOOTHING = 0.2


class Heartbeat:
    """The state of one worker as others see it."""

    def __init__(self, store: Store, worker: str, backend: Backend) -> None:
        self._store = store
        self._worker = worker
        self._since = time.time()
        self._info: dict[str, Any] = {
            "worker": worker, "host": socket.gethostname(), "pid": os.getpid(), "backend": backend.name,
            "device": backend.device, "class": backend.equivalence_class, "run": None, "step": None, "task": None,
            "examples_per_second": 0.0, "shards_done": 0, "since": self._since,
        }
        self._beat()
        self._thread = PeriodicThread("heartbeat", INTERVAL_SECONDS, self._beat)

    @contextmanager
    def task(self, run: str, step: int, name: str) -> Iterator[None]:
        """Show a task as being done while the block runs."""
        self._info.update(run=run, step=step, task=name)
        try:
            yield
        finally:
            self._info.update(task=None)

    def count_shard(self, examples: int, seconds: float) -> None:
        """Add one computed shard to the worker's speed."""
        speed = examples / max(seconds, 1e-9)
        before = self._info["examples_per_second"]
        self._info["examples_per_second"] = before + SMOOTHING * (speed - before) if before else speed
        self._info["shards_done"] += 1

    def stop(self) -> None:
        """Stop, and take the worker off the list."""
        self._thread.stop()
        self._store.forget_worker(self._worker)

    def _beat(self) -> None:
        self._store.heartbeat(self._worker, {**self._info, "seen": time.time()})
