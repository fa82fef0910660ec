"""The commands of one user, as processes with a state folder of their own, and ``kill -9`` for all that they started.

All of it means: the command, its workers, what forks them, the embedded servers and their keeper. They are stopped
first and killed then, as when the machine goes off: nobody sees another one die, and nobody has time to save.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from grid.settings import Settings, child_environment, load

END_SECONDS = 20.0
COMMAND_SECONDS = 3600.0
LOG_SHOWN = 4000


class CommandFailedError(SystemExit):
    """Raised when a command ended before it should, or not as it should."""


class Commands:
    """The commands of one user, with a state folder of its own; one runs at a time.

    Args:
        folder: where all files are.
        workers: how many each command starts.
        backend: ``opencl`` or ``numpy``; ``None``: as each finds.
    """

    def __init__(self, folder: Path, *, workers: int, backend: str | None) -> None:
        self.state_dir = folder / "state"
        self._record = folder / "record.json"
        self._log = folder / "commands.log"
        self._options = ["--workers", str(workers), *(["--backend", backend] if backend else [])]
        self._environment = child_environment(
            {"GRID_STATE_DIR": str(self.state_dir), "GRID_BROKER_URL": None, "GRID_BLOB_URL": None}
        )
        self._name = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        """The settings that the commands run under."""
        return load(self._environment)

    def start(self, *arguments: str) -> None:
        """Start ``grid`` with these arguments."""
        self._name = arguments[0]
        command = [sys.executable, "-m", "grid.cli.main", *arguments, *self._options, "--json", str(self._record)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise ``CommandFailedError`` if the command has ended."""
        assert self._process is not None
        if self._process.poll() is not None:
            self._fail("ended before it should")

    def wait(self) -> dict[str, Any]:
        """Wait for the command's end and return its record."""
        assert self._process is not None
        if self._process.wait(COMMAND_SECONDS) != 0:
            self._fail(f"ended with code {self._process.returncode}")
        record: dict[str, Any] = json.loads(self._record.read_text())
        return record

    def kill(self) -> int:
        """Kill the command and all that it has started with ``kill -9``; return how many processes that were."""
        stopped: dict[int, psutil.Process] = {}
        while news := [process for process in self._processes() if process.pid not in stopped]:
            for process in news:
                with suppress(psutil.NoSuchProcess):
                    process.suspend()
                stopped[process.pid] = process
        for process in stopped.values():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process is not None:
            self._process.wait()
        psutil.wait_procs(stopped.values(), timeout=END_SECONDS)
        return len(stopped)

    def _processes(self) -> list[psutil.Process]:
        """Return the processes that have this state folder in their environment or work in it."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                of_servers = Path(process.cwd()).is_relative_to(self.state_dir)  # which overwrite their environment
                if of_servers or process.environ().get("GRID_STATE_DIR") == str(self.state_dir):
                    found.append(process)
        return found

    def _fail(self, what: str) -> None:
        sys.stderr.write(self._log.read_text(errors="replace")[-LOG_SHOWN:])
        raise CommandFailedError(f"grid {self._name} {what}; its messages are above")


@contextmanager
def commands(*, workers: int, backend: str | None) -> Iterator[Commands]:
    """Yield commands in a temporary folder, and leave nothing running."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = Commands(Path(folder), workers=workers, backend=backend)
        try:
            yield made
        finally:
            made.kill()
