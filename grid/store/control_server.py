"""The control server: small commands and scripts, each of which may be sent twice without harm.

Clients are made on first use in each process: the children of a fork never share a socket with their parent.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from redis import exceptions

from grid.errors import BrokerError, StoreError
from grid.store.retry import UnavailableError, retried
from grid.store.url import parse_url

TIMEOUT_SECONDS = 10.0
CONNECT_TIMEOUT_SECONDS = 3.0

Part = str | int | float | bytes


class ControlServer:
    """Sends commands to the control server; safe for several threads and across a fork."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self._client: Any = None  # redis.Redis, whose execute_command has no types
        self._pid = 0

    def execute(self, *parts: Part) -> Any:
        """Send one idempotent command and return its reply; bytes, integers, lists or ``None``.

        Raises:
            BrokerError: if the server stays away or refuses the login.
            StoreError: if the server refuses the command, as for a key of another type.
        """
        return retried(lambda: self._send(*parts))

    def run_script(self, script: str, keys: Sequence[str], arguments: Sequence[Part]) -> Any:
        """Run an idempotent Lua script; it is sent in full only when the server does not know it."""
        return retried(lambda: self._send_script(script, keys, arguments))

    def ping(self) -> None:
        """Return if the server answers; tried once, so that a wrong address is reported at once."""
        self._send("PING")

    def close(self) -> None:
        """Drop the connections of this process; the next call opens new ones."""
        if self._client is not None and self._pid == os.getpid():
            self._client.close()
        self._client = None

    def _send(self, *parts: Part) -> Any:
        with self._clear_errors():
            return self._connected().execute_command(*parts)

    def _send_script(self, script: str, keys: Sequence[str], arguments: Sequence[Part]) -> Any:
        digest = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
        with self._clear_errors():
            client = self._connected()
            try:
                return client.execute_command("EVALSHA", digest, len(keys), *keys, *arguments)
            except exceptions.NoScriptError:
                return client.execute_command("EVAL", script, len(keys), *keys, *arguments)

    def _connected(self) -> Any:
        client = self._client
        if client is None or self._pid != os.getpid():
            # protocol 2: HGETALL and friends reply as flat lists in RESP 2, as dictionaries in RESP 3.
            client = redis.Redis.from_url(
                self.url.client_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
                retry=None, protocol=2, decode_responses=False, **self.url.tls_options(),
                **({} if self.url.scheme == "unix" else {"socket_keepalive": True}),
            )
            self._client, self._pid = client, os.getpid()
        return client

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        name = f"control server {self.url}"
        try:
            yield
        except (exceptions.AuthenticationError, exceptions.AuthorizationError) as error:
            raise BrokerError(f"{name}: refused the login: {error}; check user and password in the URL") from error
        except (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.ReadOnlyError) as error:
            # The address may have moved to another server, to which only a new connection leads. The old ones are not
            # closed here: other threads may be using them, and the last to let go of the client closes them.
            self._client = None
            raise UnavailableError(
                f"{name}: no connection ({str(error).rstrip('.')}); "
                "start it, or set GRID_BROKER_URL to the right address"
            ) from error
        except exceptions.OutOfMemoryError as error:
            raise BrokerError(f"{name}: out of memory; raise its maxmemory ({error})") from error
        except exceptions.NoPermissionError as error:
            raise BrokerError(f"{name}: the user may not do this: {error}; see the ACL in the documentation") from error
        except exceptions.RedisError as error:
            raise StoreError(f"{name}: expected keys as Nabe writes them, got: {str(error)[:200]}") from error
