"""Does harm to a run, at random moments that follow from a seed."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any

import redis

from bench.faults.forgeries import Forger
from bench.faults.worker_groups import WorkerGroups
from grid.connection import Connection

WEIGHTS = {"kill": 6, "stall": 2, "duplicate": 1, "reorder": 1, "forged message": 1, "forged payload": 1}
STALL_SECONDS = (1.0, 4.0)
HARMLESS = ("no ", "too late")
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Fault:
    """What was done, and when by the monotonic clock."""

    kind: str
    seconds: float
    detail: str

    @property
    def harmful(self) -> bool:
        """Whether anything was done."""
        return not self.detail.startswith(HARMLESS)


@dataclass(frozen=True)
class Schedule:
    """How much harm is done.

    Attributes:
        seed: kinds and moments follow from it alone; victims from it and from what runs at the moment.
        mtbf: mean seconds between faults; the times between them are exponentially distributed.
        redis_every: seconds between two kills of a server, the control and the blob server in turn; 0: none.
    """

    seed: int
    mtbf: float
    redis_every: float = 0.0


class Nemesis:
    """Does harm from a thread of its own while the block runs. Use as a context manager.

    Attributes:
        faults: what has been done.
    """

    def __init__(
        self, schedule: Schedule, workers: WorkerGroups, connection: Connection, taken: Path, run: str
    ) -> None:
        self.faults: list[Fault] = []
        self._schedule = schedule
        self._plan = random.Random(schedule.seed)  # noqa: S311  # no secret follows from it
        self._chance = random.Random(schedule.seed)  # noqa: S311  # nor from this
        self._workers = workers
        self._servers = cycle([("control server", connection.control_url), ("blob server", connection.blob_url)])
        self._forger = Forger(connection.control_url, connection.blob_url, taken, run, self._chance)
        self._harms: dict[str, Callable[[], str]] = {
            "kill": self._kill, "stall": self._stall, "duplicate": self._forger.duplicate,
            "reorder": self._forger.reorder, "forged message": self._forger.forge_message,
            "forged payload": self._forger.forge_payload,
        }  # fmt: skip
        self._stalled: dict[int, float] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nemesis", daemon=True)

    def __enter__(self) -> Nemesis:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Do no more harm, and let run what was stalled."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def counts(self) -> dict[str, int]:
        """Return how many faults there were of each kind."""
        return dict(Counter(fault.kind for fault in self.faults if fault.harmful))

    def _run(self) -> None:
        now = time.monotonic()
        due = {"fault": now + self._pause()}
        if self._schedule.redis_every:
            due["server"] = now + self._schedule.redis_every
        while not self._stopped.wait(POLL_SECONDS):
            now = time.monotonic()
            self._resume_stalled(now)
            if now >= due["fault"]:
                due["fault"] += self._pause()
                kind = self._plan.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
                self._do(kind, self._harms[kind])
            if now >= due.get("server", now + 1):
                due["server"] += self._schedule.redis_every
                kind, url = next(self._servers)
                self._do(kind, partial(_kill_server, url))
        self._resume_stalled(float("inf"))
        self._forger.close()

    def _pause(self) -> float:
        return self._plan.expovariate(1 / self._schedule.mtbf)

    def _do(self, kind: str, harm: Callable[[], str]) -> None:
        moment = time.monotonic()
        try:
            detail = harm()
        except redis.RedisError as error:
            detail = f"no server that answers: {error}"
        self.faults.append(Fault(kind, moment, detail))

    def _kill(self) -> str:
        group = self._chance.choice(self._workers.process_ids() or [0])
        if not group:
            return "no worker to kill"
        self._stalled.pop(group, None)
        self._workers.kill(group)
        return f"worker {group}"

    def _stall(self) -> str:
        running = [group for group in self._workers.process_ids() if group not in self._stalled]
        if not running:
            return "no worker to stall"
        group, seconds = self._chance.choice(running), self._chance.uniform(*STALL_SECONDS)
        self._workers.stop(group)
        self._stalled[group] = time.monotonic() + seconds
        return f"worker {group} for {seconds:.1f} s"

    def _resume_stalled(self, now: float) -> None:
        for group in [group for group, until in self._stalled.items() if until <= now]:
            del self._stalled[group]
            self._workers.resume(group)


def _kill_server(url: str) -> str:
    """Kill a server, which its keeper starts again: the control server on its append-only file, the other empty."""
    client: Any = redis.Redis.from_url(url)
    process = int(client.info("server")["process_id"])
    client.close()
    os.kill(process, signal.SIGKILL)
    return f"process {process}"
