"""What both servers share: idempotent commands through a small pool of plain connections.

Connections are made on first use in each process: the children of a fork never share a socket with their parent. A
thread has a connection for itself while it uses it, so that one which breaks is nobody else's trouble.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from grid.errors import BlobsFullError, BrokerError, StoreError
from grid.store.resp import Part, ReplyError, RespConnection
from grid.store.retry import UnavailableError, retried
from grid.store.url import parse_url

LOGIN_ERRORS = ("NOAUTH", "WRONGPASS", "ERR invalid password", "ERR AUTH", "ERR Client sent AUTH")
PASSING_ERRORS = ("LOADING", "READONLY", "MASTERDOWN", "TRYAGAIN")


class Server:
    """Sends commands to one server; safe for several threads and across a fork.

    Attributes:
        kind: what the server is called in messages.
        variable: the environment variable that names it.
    """

    kind = "server"
    variable = "GRID_BROKER_URL"

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self._pid = 0
        self._idle: list[RespConnection] = []
        self._lock = threading.Lock()

    def call(self, *parts: Part) -> Any:
        """Send one idempotent command and return its reply: bytes, an integer, a list of such, or ``None``.

        Raises:
            BrokerError: if the server stays away, refuses the login, or has no memory left.
            StoreError: if it refuses the command, as for a key of another type.
        """
        return retried(lambda: self._call(*parts))

    def ping(self) -> None:
        """Return if the server answers; tried once, so that a wrong address is reported at once."""
        self._call("PING")

    def close(self) -> None:
        """Drop the idle connections of this process."""
        self._adopt_process()
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def take(self) -> RespConnection:
        """Return a connection for the caller alone, who gives it back; what it does stands in ``clear_errors``."""
        self._adopt_process()
        with self._lock:
            return self._idle.pop() if self._idle else RespConnection(self.url)

    def give_back(self, connection: RespConnection) -> None:
        """Take a connection back; one that still owes replies is dropped."""
        if connection.owed:
            connection.close()
        with self._lock:
            self._idle.append(connection)

    @contextmanager
    def clear_errors(self, connection: RespConnection) -> Iterator[None]:
        """Turn trouble with a connection of this server into errors that name the server and what to do."""
        try:
            yield
        except OSError as error:
            connection.close()
            raise UnavailableError(
                f"{self}: no connection ({str(error).rstrip('.')}); start it, or set {self.variable} to the right "
                "address"
            ) from error
        except ReplyError as error:
            raise self._refusal(connection, str(error)) from error

    def __str__(self) -> str:
        return f"{self.kind} {self.url}"

    def _call(self, *parts: Part) -> Any:
        connection = self.take()
        try:
            with self.clear_errors(connection):
                return connection.call(*parts)
        finally:
            self.give_back(connection)

    def _refusal(self, connection: RespConnection, text: str) -> BrokerError | BlobsFullError | StoreError:
        if text.startswith(LOGIN_ERRORS):
            return BrokerError(f"{self}: refused the login: {text}; check user and password in the URL")
        if text.startswith(PASSING_ERRORS):
            connection.close()  # the address may have moved to another server, to which only a new one leads
            return UnavailableError(f"{self}: not ready: {text}")
        if text.startswith("NOPERM"):
            return BrokerError(f"{self}: the user may not do this: {text}; see the ACL in the documentation")
        if text.startswith("OOM"):
            return self._full()
        return StoreError(f"{self}: expected keys as Nabe writes them, got: {text[:200]}")

    def _full(self) -> BrokerError | BlobsFullError:
        return BrokerError(f"{self}: out of memory; raise its maxmemory")

    def _adopt_process(self) -> None:
        # In a forked child the parent's connections, and a lock that another thread may hold for ever, are left alone.
        if self._pid != os.getpid():
            self._pid, self._idle, self._lock = os.getpid(), [], threading.Lock()
