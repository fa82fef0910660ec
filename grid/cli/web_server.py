"""Runs the status pages in a process of their own while a command runs; ``grid`` may not import ``web``."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from grid.child_process import die_with_parent
from grid.connection import Connection
from grid.errors import ServerError
from grid.settings import child_environment

HOST = "127.0.0.1"
START_SECONDS = 20.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.05


class WebServer:
    """The status pages on 127.0.0.1. Use as a context manager; the block starts when the pages answer.

    Attributes:
        url: where they are.
    """

    def __init__(self, connection: Connection, *, port: int, log_dir: Path) -> None:
        self._connection = connection
        self._port = free_port(port)
        self._log_path = log_dir / "web.log"
        self.url = f"http://{HOST}:{self._port}/"

    def __enter__(self) -> WebServer:
        self._log_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "web", "run", "--host", HOST, "--port", str(self._port)],
                env=child_environment({
                    "GRID_BROKER_URL": self._connection.control_url,
                    "GRID_BLOB_URL": self._connection.blob_url,
                }),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the command, which then stops the pages
                preexec_fn=die_with_parent,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((HOST, self._port), timeout=1.0).close()
                return
            except OSError:
                time.sleep(POLL_SECONDS)
        raise ServerError(f"expected the status pages to answer at {self.url}, got no answer; see {self._log_path}")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port(wanted: int) -> int:
    """Return ``wanted`` if nobody listens there, else a port that is free now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
