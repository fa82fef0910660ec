"""One connection that speaks RESP 2: for values of megabytes, for small commands, for a look whether a server lives.

redis-py copies a large reply through 32 KB reads; this one receives it straight into the caller's memory, and sends
straight from it. A small command takes half of redis-py's time, which is a large part of a step without arithmetic.
A connection is opened on first use; a call that did not end with a whole reply, whatever stopped it, makes the next one
open a new connection. Not for two threads at once.
Commands may also be sent ahead of their replies, which come in the same order: ``send``, ``send``, ``receive``, ...
Trouble with the connection is an ``OSError``; a refusal by the server a ``ReplyError``.
Source: https://valkey.io/topics/protocol/
"""

from __future__ import annotations

import socket
from io import BufferedReader
from typing import cast

from grid.store.url import ServerUrl

Part = str | int | float | bytes | memoryview
Reply = None | int | bytes | list["Reply"]

LINE_LIMIT_BYTES = 64 * 1024
REPLY_LIMIT_BYTES = 4 * 1024 * 1024
REPLY_LIMIT_ITEMS = 100_000
DEPTH_LIMIT = 4


class ReplyError(Exception):
    """Raised when the server answers a command with an error; the text is the server's."""


class RespConnection:
    """A connection to one server, logged in and on its database."""

    def __init__(self, url: ServerUrl, *, timeout_seconds: float = 10.0, connect_timeout_seconds: float = 3.0) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._connect_timeout_seconds = connect_timeout_seconds
        self._socket: socket.socket | None = None
        self._reader: BufferedReader | None = None
        self._owed = 0  # commands sent whose replies have not been read to their ends

    @property
    def owed(self) -> int:
        """How many replies are still to come."""
        return self._owed

    def close(self) -> None:
        """Drop the connection; the next call opens a new one."""
        if self._reader is not None:
            self._reader.close()
        if self._socket is not None:
            self._socket.close()
        self._reader = self._socket = None
        self._owed = 0

    def call(self, *parts: Part) -> Reply:
        """Send one command and return its reply: bytes, integer, list or ``None``; at most 4 MiB."""
        self._forget_unfinished()
        self.send(*parts)
        return self.receive()

    def get_into(self, key: str, target: memoryview) -> int | None:
        """Receive the value of ``key`` into ``target``; see ``receive_into``."""
        self._forget_unfinished()
        self.send("GET", key)
        return self.receive_into(target)

    def send(self, *parts: Part) -> None:
        """Send one command; its reply comes after those of all commands before."""
        self._open()
        self._owed += 1
        self._send(parts)

    def receive(self) -> Reply:
        """Return the next reply: bytes, integer, list or ``None``; at most 4 MiB."""
        reply = self._value(self._head(), DEPTH_LIMIT)
        self._owed -= 1
        return reply

    def receive_into(self, target: memoryview) -> int | None:
        """Receive the next reply, a value, into ``target`` (writable bytes).

        Returns:
            The size of the value in bytes, ``None`` when there is none. ``target`` is filled only if the sizes agree;
            if not, this reply stays owed, so that nothing may be received any more before a new call.
        """
        size = self._bulk_size(self._head())
        if size is None:
            self._owed -= 1
        elif size == len(target):
            self._fill(target)
            self._line()
            self._owed -= 1
        return size

    def _forget_unfinished(self) -> None:
        if self._owed:
            self.close()

    def _open(self) -> None:
        if self._socket is not None:
            return
        self._socket = self._connect()
        self._reader = cast(BufferedReader, self._socket.makefile("rb", LINE_LIMIT_BYTES))
        if self._url.password is not None:
            user = [self._url.username] if self._url.username else []
            self._login("AUTH", *user, self._url.password)
        if self._url.database:
            self._login("SELECT", self._url.database)

    def _connect(self) -> socket.socket:
        if self._url.scheme == "unix":
            plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            plain.settimeout(self._connect_timeout_seconds)
            plain.connect(self._url.path)
        else:
            plain = socket.create_connection((self._url.host, self._url.port), self._connect_timeout_seconds)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        context = self._url.tls_context()
        connection = plain if context is None else context.wrap_socket(plain, server_hostname=self._url.host)
        connection.settimeout(self._timeout_seconds)
        return connection

    def _login(self, *parts: Part) -> None:
        self._owed += 1
        self._send(parts)
        try:
            self._head()
            self._owed -= 1
        except ReplyError:
            self.close()
            raise

    def _send(self, parts: tuple[Part, ...]) -> None:
        assert self._socket is not None
        pending = bytearray(b"*%d\r\n" % len(parts))
        for part in parts:
            data = part if isinstance(part, bytes | memoryview) else str(part).encode()
            pending += b"$%d\r\n" % len(data)
            if len(data) > LINE_LIMIT_BYTES:
                self._socket.sendall(pending)
                self._socket.sendall(data)
                pending.clear()
            else:
                pending += data
            pending += b"\r\n"
        self._socket.sendall(pending)

    def _head(self) -> bytes:
        """Return the first line of a reply; raise if it is an error."""
        line = self._line()
        if line[:1] == b"-":
            self._owed -= 1
            raise ReplyError(line[1:].decode("utf-8", "replace"))
        return line

    def _value(self, line: bytes, depth: int) -> Reply:
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b":":
            return self._integer(rest)
        if kind == b"*" and depth:
            count = self._integer(rest)
            if count > REPLY_LIMIT_ITEMS:
                raise ConnectionAbortedError(f"expected a reply of at most {REPLY_LIMIT_ITEMS} items, got {count}")
            return [self._value(self._line(), depth - 1) for _ in range(count)]
        return self._bulk(self._bulk_size(line))

    def _bulk_size(self, line: bytes) -> int | None:
        if line[:1] != b"$":
            raise ConnectionAbortedError("expected a reply of a Redis server, got something else")
        size = self._integer(line[1:])
        return None if size < 0 else size

    def _bulk(self, size: int | None) -> bytes | None:
        if size is None:
            return None
        if size > REPLY_LIMIT_BYTES:
            raise ConnectionAbortedError(f"expected a reply of at most {REPLY_LIMIT_BYTES} bytes, got {size}")
        assert self._reader is not None  # a line came before
        data = self._reader.read(size + 2)
        if not data.endswith(b"\r\n") or len(data) != size + 2:
            raise ConnectionResetError("the server closed the connection")
        return data[:-2]

    def _fill(self, target: memoryview) -> None:
        assert self._reader is not None  # a line came before
        filled = 0
        while filled < len(target):
            count = self._reader.readinto(target[filled:])
            if not count:
                raise ConnectionResetError("the server closed the connection")
            filled += count

    def _line(self) -> bytes:
        if self._reader is None:
            raise ConnectionResetError("the connection was dropped before the reply")
        line = self._reader.readline(LINE_LIMIT_BYTES)
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError("the server closed the connection")
        return line[:-2]

    @staticmethod
    def _integer(text: bytes) -> int:
        if not text.removeprefix(b"-").isdigit() or len(text) > 20:
            raise ConnectionAbortedError("expected a number in a reply, got something else")
        return int(text)
