"""Starts worker processes on this machine and stops them again, whatever happens to the one that started them."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from grid.child_process import EXIT_BANNED, EXIT_UNUSABLE
from grid.connection import Connection
from grid.errors import WorkerError
from grid.settings import child_environment
from grid.warm_start import WarmProcess, WarmStarter

STOP_SECONDS = 10.0
RESTART_PAUSE_SECONDS = 1.0


class LocalWorkers:
    """A fixed number of `celery -A grid worker` processes, each with its share of a CPU device.

    Use as a context manager. ``check`` restarts those that have died.
    """

    def __init__(
        self, count: int, connection: Connection, *,
        state_dir: Path, log_dir: Path, backend: str | None = None, plugins: Sequence[str] = (),
    ) -> None:
        self.count = count
        self._connection = connection
        self._backend = backend
        self._plugins = tuple(plugins)
        self._state_dir = state_dir
        self._log_dir = log_dir
        self._starter: WarmStarter | None = None
        self._processes: dict[int, WarmProcess] = {}
        self._started: dict[int, float] = {}

    def __enter__(self) -> LocalWorkers:
        self._log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for index in range(self.count):
            self._start(index)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            try:
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._starter is not None:
            self._starter.close()
            self._starter = None

    @property
    def process_ids(self) -> list[int]:
        """The process ids of the workers, in order."""
        return [self._processes[index].pid for index in range(self.count)]

    def check(self) -> None:
        """Start those again that have died, at most once a second each, but none that was banned.

        Raises:
            WorkerError: if one has ended because it cannot compute; tells its last word.
        """
        for index, process in self._processes.items():
            if process.poll() == EXIT_UNUSABLE:
                raise WorkerError(f"worker {index} does not start: {self._last_word(index)}")
            died = process.poll() not in (None, EXIT_BANNED)
            if died and time.monotonic() - self._started[index] > RESTART_PAUSE_SECONDS:
                self._start(index)

    def _last_word(self, index: int) -> str:
        """Return what a worker's log says after its last ``error:``."""
        path = self._log_path(index)
        lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if "error: " in line]
        return lines[-1].partition("error: ")[2] if lines else f"see {path}"

    def _start(self, index: int) -> None:
        self._starter = self._starter or WarmStarter()
        self._processes[index] = self._starter.start(
            self._arguments(index), environment=self._environment(index), log=self._log_path(index)
        )
        self._started[index] = time.monotonic()

    def _log_path(self, index: int) -> Path:
        return self._log_dir / f"worker-{index}.log"

    def _arguments(self, index: int) -> list[str]:
        return [
            "-A", "grid", "worker", "--pool", "solo", "--concurrency", "1",
            "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING",
            "--hostname", f"local-{index}@%h",
        ]

    def _environment(self, index: int) -> dict[str, str]:
        # Embedded servers stop with their last user. The workers are users of their own, so that they can put away
        # what they have when whoever started them is killed.
        named = self._connection.embedded is None
        return child_environment({
            "GRID_BROKER_URL": self._connection.control_url if named else None,
            "GRID_BLOB_URL": self._connection.blob_url if named else None,
            "GRID_STATE_DIR": str(self._state_dir.resolve()),
            "GRID_SECRET": secret.decode() if (secret := self._connection.secret) else None,
            "GRID_SECRET_FILE": None,
            "GRID_BACKEND": self._backend,
            "GRID_PLUGINS": ",".join(self._plugins) or None,
            "GRID_DEVICE_SHARE": f"{index}/{self.count}" if self.count > 1 else None,
        })
