"""Worker processes for measurements of faults: each leads a process group, and is started again when it has died.

What starts them is what starts the local workers of a driver: a process outside of their groups that has imported all
they need, and forks them. It knows nothing of runs; 20 times a second it is seen whether a worker has ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from grid.connection import Connection
from grid.settings import child_environment
from grid.warm_start import WarmProcess, WarmStarter

WATCH_SECONDS = 0.05
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Pool:
    """How a worker runs its tasks: Celery's name of the pool, and how many processes it has."""

    name: str = "solo"
    processes: int = 1


SOLO = Pool()


class WorkerGroups:
    """``count`` workers on one machine. Use as a context manager.

    Args:
        count: how many.
        connection: the servers.
        log_dir: for a log of each worker; a worker that is started again adds to it.
        pool: of each worker.
        environment: variables to set for them; ``None`` removes one.
        modules: imported by a worker's main process, before it forks a pool.
    Attributes:
        restarts: moments, in seconds of the monotonic clock, at which a worker was started again.
    """

    def __init__(
        self, count: int, connection: Connection, *, log_dir: Path, pool: Pool = SOLO,
        environment: Mapping[str, str | None] | None = None, modules: Sequence[str] = (),
    ) -> None:
        self.count = count
        self.restarts: list[float] = []
        self._log_dir = log_dir
        self._pool = pool
        self._modules = tuple(modules)
        self._environment = child_environment({
            "GRID_BROKER_URL": connection.control_url, "GRID_BLOB_URL": connection.blob_url, "GRID_SECRET_FILE": None,
            "GRID_SECRET": connection.secret.decode() if connection.secret else None, **(environment or {}),
        })
        self._processes: dict[int, WarmProcess] = {}
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, name="worker groups", daemon=True)

    def __enter__(self) -> WorkerGroups:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._watcher.join()

    def process_ids(self) -> list[int]:
        """Return the process ids of the workers that run; also the ids of their groups."""
        with self._lock:
            return [process.pid for process in self._processes.values() if process.poll() is None]

    def kill(self, group: int) -> None:
        """End a worker and its children with ``kill -9``."""
        _send(group, signal.SIGKILL)

    def stop(self, group: int) -> None:
        """Keep a worker and its children from running."""
        _send(group, signal.SIGSTOP)

    def resume(self, group: int) -> None:
        """Let them run again."""
        _send(group, signal.SIGCONT)

    def _watch(self) -> None:
        """Start what does not run. The kernel ends a child when the thread that started it is gone: this one stays."""
        with WarmStarter() as starter:
            while not self._stopping.is_set():
                with self._lock:  # the starter answers one thread at a time
                    for index in range(self.count):
                        self._keep_running(starter, index)
                self._stopping.wait(WATCH_SECONDS)
            self._end()

    def _keep_running(self, starter: WarmStarter, index: int) -> None:
        """Start a worker that does not run."""
        process = self._processes.get(index)
        if process is not None and process.poll() is None:
            return
        if process is not None:
            _send(process.pid, signal.SIGKILL)  # children that outlived the leader
            self.restarts.append(time.monotonic())
        self._processes[index] = self._start(starter, index)

    def _end(self) -> None:
        """End all workers; by force those that have not ended after some time."""
        for process in self._processes.values():
            _send(process.pid, signal.SIGCONT)
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            _send(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, starter: WarmStarter, index: int) -> WarmProcess:
        arguments = [
            "-A", "grid", "worker", "--pool", self._pool.name,
            "--concurrency", str(self._pool.processes), "--without-gossip", "--without-mingle", "--without-heartbeat",
            "--loglevel", "WARNING", "--hostname", f"group-{index}@%h",
        ]
        if self._modules:
            arguments += ["--include", ",".join(self._modules)]
        log = self._log_dir / f"worker-{index}.log"
        return starter.start(arguments, environment=self._environment, log=log)


def _send(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)

