"""The blob servers, one or several, as one place for large values.

A key belongs to the server number ``crc32(key) % servers`` of the list in GRID_BLOB_URL. So every process must name the
same servers in the same order; how it spells their addresses does not matter.

Values are sent and received with a few commands ahead of their replies, so that no server waits for the next one. The
number is bounded: Redis up to version 8 copies every reply that it has ready, and all of them count as its memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from zlib import crc32

from grid.errors import BlobCorruptError, BlobMissingError, BlobsFullError, StoreError
from grid.store.blob_server import BlobServer
from grid.store.resp import Part, Reply, RespConnection
from grid.store.retry import UnavailableError, retried
from grid.store.url import ServerUrl, split_urls

WRITE_AHEAD = 4
READ_AHEAD = 2

Item = tuple[str, memoryview]
Act = Callable[[RespConnection, Item], None]


class Blobs:
    """Sends commands to the server that holds a key; safe for several threads and across a fork.

    Args:
        urls: addresses separated by commas.
        control: the address of the control server, which may be the one blob server, too.
    """

    def __init__(self, urls: str, *, control: ServerUrl | None = None) -> None:
        self.servers = [BlobServer(url) for url in split_urls(urls)]
        self.shares_control = control is not None and [server.url.place for server in self.servers] == [control.place]
        self.make_room: Callable[[], int] | None = None  # deletes what nobody needs; the store knows what that is

    @property
    def url(self) -> str:
        """The addresses, without user names and passwords."""
        return ", ".join(str(server.url) for server in self.servers)

    def server_of(self, key: str) -> BlobServer:
        """Return the server that holds ``key``."""
        return self.servers[crc32(key.encode()) % len(self.servers)]

    def call(self, command: str, key: str, *parts: Part) -> Any:
        """Send one idempotent command on one key to its server and return the reply; see ``Server.call``."""
        return self.server_of(key).call(command, key, *parts)

    def unlink(self, keys: Iterable[str]) -> None:
        """Delete keys, those that do not exist included."""
        by_server: dict[BlobServer, list[str]] = {}
        for key in keys:
            by_server.setdefault(self.server_of(key), []).append(key)
        for server, its_keys in by_server.items():
            server.unlink(its_keys)

    def keys_of(self, prefix: str) -> list[str]:
        """Return the keys on all servers that begin with ``prefix``, which holds no pattern characters."""
        return [key for server in self.servers for key in server.keys_of(prefix)]

    def write(self, items: Sequence[Item], *, ttl_seconds: int | None = None) -> None:
        """Write values; each lives ``ttl_seconds``, or for ever.

        Raises:
            BlobsFullError: if a server has no memory left; some values may have been written.
        """
        expiry = () if ttl_seconds is None else ("EX", ttl_seconds)
        self._transfer(
            items, WRITE_AHEAD,
            lambda connection, item: connection.send("SET", item[0], item[1], *expiry),
            lambda connection, item: _drop(connection.receive()),
        )  # fmt: skip

    def read_into(self, items: Sequence[Item], arrived: Callable[[Item], None]) -> None:
        """Receive values into the memory of each item, in order.

        Args:
            items: keys and where their values go.
            arrived: called with each item as soon as its value is there.
        Raises:
            BlobMissingError: if a key has no value.
            BlobCorruptError: if a value has not the size of the memory for it, which is left as it was.
        """

        def receive(connection: RespConnection, item: Item) -> None:
            key, target = item
            size = connection.receive_into(target)
            if size is None:
                raise BlobMissingError(f"blob {key}: expected {len(target)} bytes, got no value; read the header again")
            if size != len(target):
                raise BlobCorruptError(f"blob {key}: expected {len(target)} bytes, got {size}")
            arrived(item)

        self._transfer(items, READ_AHEAD, lambda connection, item: connection.send("GET", item[0]), receive)

    def ping(self) -> None:
        """Return if all servers answer; tried once, so that a wrong address is reported at once."""
        for server in self.servers:
            server.ping()

    def close(self) -> None:
        """Drop the idle connections of this process."""
        for server in self.servers:
            server.close()

    def _transfer(self, items: Sequence[Item], ahead: int, send: Act, receive: Act) -> None:
        """Send one command an item, at most ``ahead`` before their replies.

        When a connection breaks, it goes on with the first item without a reply. As long as there is progress, there is
        no limit to how often that may happen.
        """
        done = 0
        while done < len(items):
            done += self._pass(items[done:], ahead, send, receive)

    def _pass(self, items: Sequence[Item], ahead: int, send: Act, receive: Act) -> int:
        return retried(lambda: _Lines(self).transfer(items, ahead, send, receive))


class _Lines:
    """A connection to each server that a transfer needs, and the items whose replies are still to come, in order."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._connections: dict[BlobServer, RespConnection] = {}
        self._sent: deque[Item] = deque()
        self._done = 0

    def transfer(self, items: Sequence[Item], ahead: int, send: Act, receive: Act) -> int:
        """Return how many items are done: all, or some when a connection broke.

        Raises:
            UnavailableError: if none is.
            BlobsFullError, StoreError: if a server refused an item; nothing is under way any more then.
        """
        try:
            for item in items:
                if len(self._sent) == ahead:
                    self._receive(receive)
                self._act(send, item)
                self._sent.append(item)
            while self._sent:
                self._receive(receive)
        except UnavailableError:
            if not self._done:
                raise
        except (BlobsFullError, StoreError):
            self._drain(receive)
            raise
        finally:
            for server, connection in self._connections.items():
                server.give_back(connection)
        return self._done

    def _receive(self, receive: Act) -> None:
        self._act(receive, self._sent.popleft())
        self._done += 1

    def _act(self, act: Act, item: Item) -> None:
        server = self._blobs.server_of(item[0])
        connection = self._connections.get(server)
        if connection is None:
            connection = self._connections[server] = server.take()
        with server.clear_errors(connection):
            act(connection, item)

    def _drain(self, receive: Act) -> None:
        """Wait for the replies under way, so that no command takes effect after what the caller does next."""
        while self._sent:
            try:
                self._receive(receive)
            except (BlobsFullError, StoreError):
                continue
            except UnavailableError:
                return


def _drop(reply: Reply) -> None:
    """Leave a reply aside: that there was one is what counts."""
