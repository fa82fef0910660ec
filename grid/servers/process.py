"""One server process: its configuration, its start on a free port, its end.

On Linux the kernel kills it when the keeper dies, so no server is left behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from grid.errors import ServerError
from grid.servers.folder import server_url, write_private
from grid.store.resp import ReplyError, RespConnection
from grid.store.url import parse_url

START_SECONDS = 60.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.005
RETRY_SECONDS = 0.1
ATTEMPT_SECONDS = 0.2  # short: on a port taken by another program, that one is asked until ours has given up
PORT_ATTEMPTS = 10
OWN_PORT_SECONDS = 3.0
# Below those that systems give to outgoing connections (Linux from 32768, macOS from 49152): one of these could take
# the port of a server that is being started again, or, asking for that port on this machine, even connect to itself.
PORTS = range(16384, 32768)
PR_SET_PDEATHSIG = 1

COMMON = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
daemonize no
tcp-keepalive 60
save ""
maxmemory {maxmemory}
maxmemory-policy noeviction
"""

# The control server keeps every write for the next start, as plain commands: a base in Valkey's own format cannot be
# read by an older or a Redis server that the next start may find. The blob server keeps nothing.
CONTROL = COMMON + "appendonly yes\nappendfsync everysec\naof-use-rdb-preamble no\n"
BLOBS = COMMON + "appendonly no\n"


class ServerProcess:
    """A running server.

    Args:
        binary: the server program.
        folder: where it keeps its files; made if needed.
        configuration: ``CONTROL`` or ``BLOBS``.
        password: asked of every client.
        maxmemory: its limit in bytes.
    """

    def __init__(self, binary: Path, folder: Path, *, configuration: str, password: str, maxmemory: int) -> None:
        self._binary = binary
        self._folder = folder
        self._configuration = configuration
        self._password = password
        self._maxmemory = maxmemory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self, own_port: int | None = None) -> None:
        """Start on a free port, which another program may take first: then try the next.

        Args:
            own_port: where users look for it; taken unless another program keeps it.
        Raises:
            ServerError: if it does not start; tells its last words.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if own_port is not None and self._start_on(own_port):
            return
        for _ in range(PORT_ATTEMPTS):
            self.port = free_port()
            if self._run():
                return
        raise ServerError(
            f"{self._binary.name} does not start: {self._last_words()}; see {self._log}; without its files, which "
            f"can be moved away, it starts anew"
        )

    def _start_on(self, port: int) -> bool:
        """Start on a port that a server which is just ending may still hold; return whether it came free."""
        self.port = port
        deadline = time.monotonic() + OWN_PORT_SECONDS
        while not self._run():
            if time.monotonic() > deadline:
                return False
            time.sleep(RETRY_SECONDS)
        return True

    def restart_if_dead(self) -> bool:
        """Start again on the same port, which users know, if it has died; return whether it had.

        Raises:
            ServerError: if it does not start.
        """
        if self._process is None or self.runs():
            return False
        if not self._run():
            raise ServerError(f"{self._binary.name} does not start again: {self._last_words()}; see {self._log}")
        return True

    def runs(self) -> bool:
        """Return whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it: with SIGTERM, on which it closes its files, then by force."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def url(self) -> str:
        """Its URL, password included."""
        return server_url(self.port, self._password)

    @property
    def _log(self) -> Path:
        return self._folder / "server.log"

    def _run(self) -> bool:
        """Start on ``port`` and return whether it answers; False if it ended instead."""
        settings = {"port": self.port, "password": self._password, "maxmemory": self._maxmemory}
        write_private(self._folder / "server.conf", self._configuration.format(**settings))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._binary, "server.conf"], cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, preexec_fn=_die_with(os.getpid()),
            )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None:
            if answers(self.url, timeout_seconds=ATTEMPT_SECONDS):
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise ServerError(f"{self._binary.name} does not answer after {START_SECONDS:.0f} s; see {self._log}")
            time.sleep(POLL_SECONDS)
        return False

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "it said nothing"


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago.

    Raises:
        ServerError: if none is.
    """
    for _ in range(len(PORTS)):
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerError(f"expected a free port from {PORTS.start} to {PORTS.stop - 1} on 127.0.0.1, got none")


def answers(url: str, *, timeout_seconds: float = 2.0) -> bool:
    """Return whether a server with this password answers there."""
    connection = RespConnection(
        parse_url(url), timeout_seconds=timeout_seconds, connect_timeout_seconds=timeout_seconds
    )
    try:
        return connection.call("PING") == b"PONG"
    except (OSError, ReplyError):
        return False
    finally:
        connection.close()


def _die_with(parent: int) -> Callable[[], None] | None:
    """Return what a child does before it becomes the server: ask the kernel to be killed when ``parent`` dies."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return arrange
