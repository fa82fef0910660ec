"""The sides of a comparison: processes that are timed in turns, so that whatever else the machine does hits all alike.

A side reads questions from stdin, a line each, and answers each with a line. It is stopped while another is timed: the
threads of OpenBLAS go on looking for work for some 110 ms after each product (measured), to the cost of who comes next.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path


class SideEndedError(SystemExit):
    """Raised when a side's process ended instead of answering."""


class Side:
    """The process of one side.

    Args:
        command: what to run; its first line says that it is ready, and what it is.
        environment: variables to set for it.

    Attributes:
        version: that first line.
    """

    def __init__(self, command: list[str], environment: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self.version = " ".join(command)
        self.version = self._answer()
        self._send(signal.SIGSTOP)

    def ask(self, question: object) -> str:
        """Return the answer to a question; the process runs until then and no longer."""
        assert self.process.stdin is not None
        self._send(signal.SIGCONT)
        print(question, file=self.process.stdin, flush=True)
        answer = self._answer()
        self._send(signal.SIGSTOP)
        return answer

    def stop(self) -> None:
        """End the process."""
        self._send(signal.SIGCONT)
        self.process.communicate()

    def _send(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    def _answer(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            self.stop()
            raise SideEndedError(f"{self.version}: expected an answer, the process ended; its message is above")
        return line


def processor() -> str:
    """Return the name of this machine's processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    named = {key.strip(): value.strip() for key, value in fields.items()}
    if "model name" not in named:
        return platform.processor() or platform.machine()
    return f"{named['model name']} (family {named.get('cpu family')}, model {named.get('model')})"
