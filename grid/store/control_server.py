"""The control server: small commands and scripts, each of which may be sent twice without harm."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from grid.store.resp import Part, ReplyError
from grid.store.retry import retried
from grid.store.server import Server


class ControlServer(Server):
    """Sends commands and scripts to the control server."""

    kind = "control server"
    variable = "GRID_BROKER_URL"

    def run_script(self, script: str, keys: Sequence[str], arguments: Sequence[Part]) -> Any:
        """Run an idempotent Lua script; it is sent in full only when the server does not know it."""
        return retried(lambda: self._send_script(script, keys, arguments))

    def _send_script(self, script: str, keys: Sequence[str], arguments: Sequence[Part]) -> Any:
        connection = self.take()
        try:
            with self.clear_errors(connection):
                try:
                    return connection.call("EVALSHA", _digest(script), len(keys), *keys, *arguments)
                except ReplyError as error:
                    if not str(error).startswith("NOSCRIPT"):
                        raise
                    return connection.call("EVAL", script, len(keys), *keys, *arguments)
        finally:
            self.give_back(connection)


@cache
def _digest(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
