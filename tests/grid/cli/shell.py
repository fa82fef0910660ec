"""Runs ``grid`` as a user does: as a process of its own, with a state folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

COMMAND_TIMEOUT_SECONDS = 120
END_SECONDS = 15


@dataclass(frozen=True)
class Shell:
    """A place to run commands in.

    Attributes:
        folder: the working directory.
        environment: without any setting of Nabe but the folder of its state, and NumPy as backend.
    """

    folder: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "grid.cli.main", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder, env=self.environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=COMMAND_TIMEOUT_SECONDS, check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )

    def press_ctrl_c(self, process: subprocess.Popen[str]) -> str:
        """Interrupt a started command and all that share its terminal; return what it still wrote to stderr."""
        os.killpg(process.pid, signal.SIGINT)
        return process.communicate(timeout=COMMAND_TIMEOUT_SECONDS)[1]

    def left_running(self) -> list[str]:
        """Return the command lines of the processes that this shell's commands left, once they have had time to end."""
        deadline = time.monotonic() + END_SECONDS
        while (found := self._processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def _processes(self) -> list[str]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("GRID_STATE_DIR") == self.environment["GRID_STATE_DIR"]:
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found
