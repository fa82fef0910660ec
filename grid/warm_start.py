"""Starts worker processes as forks of one that has imported all that they need: a start takes a fifth of the time.

    python -m grid.warm_start

That process reads requests from its input, a JSON object a line: arguments of ``celery``, environment, log file. It
answers each with the process id of the worker, and says how a worker ended when it did. It imports and nothing else: it
has no thread, no connection, and has not touched OpenCL, which some drivers do not survive across a fork.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from grid.child_process import die_with_parent
from grid.errors import WorkerError
from grid.settings import child_environment, replace_environment

POLL_SECONDS = 0.02
START_SECONDS = 60.0
IMPORTS = (
    "celery.apps.worker", "celery.backends.redis", "celery.bin.celery", "celery.concurrency.solo",
    "celery.worker.consumer", "grid.celery", "grid.chord_backend", "kombu.transport.redis", "mathcore.backends.numpy",
    "tasks.apply", "tasks.evaluate", "tasks.gradient",
)


class WarmProcess:
    """A worker process that a ``WarmStarter`` has started; much as a ``subprocess.Popen``."""

    def __init__(self, pid: int, starter: WarmStarter) -> None:
        self.pid = pid
        self._starter = starter

    def poll(self) -> int | None:
        """Return how it ended, the negative number of a signal or an exit code; ``None`` while it runs."""
        return self._starter.exit_code(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended, once it has.

        Raises:
            subprocess.TimeoutExpired: if it has not after ``timeout`` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("celery worker", timeout or 0.0)
            time.sleep(POLL_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class WarmStarter:
    """The other side of the process that forks workers. Use as a context manager, from one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "grid.warm_start"], env=child_environment({}), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, preexec_fn=die_with_parent,
        )
        self._ended: dict[int, int] = {}
        self._answers: list[int] = []
        self._rest = b""

    def __enter__(self) -> WarmStarter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, arguments: Sequence[str], *, environment: Mapping[str, str], log: Path) -> WarmProcess:
        """Start ``celery`` with these arguments in a session of its own; its output is added to ``log``.

        Raises:
            WorkerError: if the process that forks has ended or says nothing.
        """
        request = {"arguments": list(arguments), "environment": dict(environment), "log": str(log)}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise WorkerError(f"expected a process that starts workers, got none: {error}") from error
        deadline = time.monotonic() + START_SECONDS
        while not self._answers:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise WorkerError("expected a process that starts workers, got none; its message is above")
            self._read(POLL_SECONDS)
        return WarmProcess(self._answers.pop(0), self)

    def exit_code(self, pid: int) -> int | None:
        """Return how a worker ended; ``None`` while it runs."""
        self._read(0.0)
        if pid not in self._ended and self._process.poll() is not None:
            return -signal.SIGTERM  # the kernel ends workers whose starter is gone
        return self._ended.get(pid)

    def close(self) -> None:
        """End the process that forks; the kernel then ends workers that are left."""
        self._process.kill()
        self._process.communicate()

    def _read(self, timeout_seconds: float) -> None:
        """Take in what the other side has said, waiting for it as long."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while select.select([descriptor], [], [], timeout_seconds)[0]:
            data = os.read(descriptor, 65536)
            if not data:
                return
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                said = json.loads(line)
                if "started" in said:
                    self._answers.append(said["started"])
                else:
                    self._ended[said["ended"]] = said["code"]
            timeout_seconds = 0.0


def main() -> None:
    """Fork a worker for each request, until the input ends; in a fork, be that worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asked: workers are stopped from there
    for name in IMPORTS:
        import_module(name)
    gc.freeze()  # a collection in a worker would copy every page that they share
    rest = b""
    while True:
        if select.select([0], [], [], POLL_SECONDS)[0]:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                pid = os.fork()
                if pid == 0:
                    _become_worker(json.loads(line))
                    return
                _say({"started": pid})
        _report_ended()


def _become_worker(request: dict[str, object]) -> None:
    """Run a worker in this process."""
    os.setsid()
    die_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _take_on(request)
    celery_command: Callable[[], int] = import_module("celery.bin.celery").main
    sys.exit(celery_command())


def _take_on(request: dict[str, object]) -> None:
    """Make arguments, environment and output those of the request."""
    arguments, environment = request["arguments"], request["environment"]
    assert isinstance(arguments, list)
    assert isinstance(environment, dict)
    sys.argv = ["celery", *arguments]
    replace_environment(environment)
    log = os.open(str(request["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(nowhere)
    os.close(log)


def _report_ended() -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(answer: dict[str, int]) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
