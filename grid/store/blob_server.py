"""One blob server: large values under immutable keys, through a small pool of plain connections.

Connections are made on first use in each process: the children of a fork never share a socket with their parent.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from grid.errors import BlobsFullError, BrokerError, StoreError
from grid.store.resp import Part, Reply, ReplyError, RespConnection
from grid.store.retry import UnavailableError, retried
from grid.store.url import parse_url

UNLINK_BATCH = 500
SCAN_COUNT = 1000
LOGIN_ERRORS = ("NOAUTH", "WRONGPASS", "ERR invalid password", "ERR AUTH", "ERR Client sent AUTH")
PASSING_ERRORS = ("LOADING", "READONLY", "MASTERDOWN", "TRYAGAIN")


class BlobServer:
    """Sends commands to one blob server; safe for several threads and across a fork."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self._pid = 0
        self._idle: list[RespConnection] = []
        self._lock = threading.Lock()

    def call(self, *parts: Part) -> Reply:
        """Send one idempotent command and return its reply.

        Raises:
            BrokerError: if the server stays away or refuses the login.
            BlobsFullError: if it has no memory left.
            StoreError: if it refuses the command.
        """
        return retried(lambda: self._call(*parts))

    def unlink(self, keys: list[str]) -> None:
        """Delete keys, those that do not exist included."""
        for start in range(0, len(keys), UNLINK_BATCH):
            self.call("UNLINK", *keys[start : start + UNLINK_BATCH])

    def keys_of(self, prefix: str) -> list[str]:
        """Return the keys that begin with ``prefix``, which holds no pattern characters."""
        found: list[str] = []
        cursor = "0"
        while True:
            reply = self.call("SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", SCAN_COUNT)
            if not (isinstance(reply, list) and len(reply) == 2 and isinstance(reply[1], list)):
                raise StoreError(f"blob server {self.url}: expected a cursor and keys, got something else")
            found += [key.decode("utf-8", "replace") for key in reply[1] if isinstance(key, bytes)]
            cursor = reply[0].decode("ascii", "replace") if isinstance(reply[0], bytes) else "0"
            if cursor == "0":
                return found

    def memory(self) -> tuple[int, int] | None:
        """Return the bytes in use and the limit, 0 for none; ``None`` if the server does not tell."""
        reply = self.call("INFO", "memory")
        lines = reply.decode("ascii", "replace").splitlines() if isinstance(reply, bytes) else []
        values = dict(line.split(":", 1) for line in lines if ":" in line)
        used, limit = values.get("used_memory", ""), values.get("maxmemory", "")
        return (int(used), int(limit)) if used.isdecimal() and limit.isdecimal() else None

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
                f"blob server {self.url}: no connection ({str(error).rstrip('.')}); "
                "start it, or set GRID_BLOB_URL to the right address"
            ) from error
        except ReplyError as error:
            raise self._refusal(connection, str(error)) from error

    def _call(self, *parts: Part) -> Reply:
        connection = self.take()
        try:
            with self.clear_errors(connection):
                return connection.call(*parts)
        finally:
            self.give_back(connection)

    def _adopt_process(self) -> None:
        # In a forked child the parent's connections, and a lock that another thread may hold for ever, are left alone.
        if self._pid != os.getpid():
            self._pid, self._idle, self._lock = os.getpid(), [], threading.Lock()

    def _refusal(self, connection: RespConnection, text: str) -> BrokerError | BlobsFullError | StoreError:
        name = f"blob server {self.url}"
        if text.startswith(LOGIN_ERRORS):
            return BrokerError(f"{name}: refused the login: {text}; check user and password in the URL")
        if text.startswith(PASSING_ERRORS):
            connection.close()  # the address may have moved to another server, to which only a new one leads
            return UnavailableError(f"{name}: not ready: {text}")
        if text.startswith("NOPERM"):
            return BrokerError(f"{name}: the user may not do this: {text}; see the ACL in the documentation")
        if text.startswith("OOM"):
            return BlobsFullError(
                f"{name}: out of memory ({self._figures()}); raise its maxmemory, cancel other runs with "
                "`grid cancel RUN`, or use fewer shards or the codec dynamic8"
            )
        return StoreError(f"{name}: expected keys as Nabe writes them, got: {text[:200]}")

    def _figures(self) -> str:
        try:
            memory = self.memory()
        except (BrokerError, StoreError):
            memory = None
        if memory is None:
            return "its figures cannot be read"
        return f"used {memory[0] / 2**20:.1f} MiB of {memory[1] / 2**20:.1f} MiB"
