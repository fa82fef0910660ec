"""Kombu's Redis transport with a check between the queue and Celery: a message that is none of ours is dropped.

Kombu parses what BRPOP returns without a check, and an exception there ends the worker. A message that is refused looks
like a queue that was empty for once.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext
from functools import cached_property
from typing import Any

from kombu.transport import redis

from grid.errors import MessageError
from grid.messages import checked

log = logging.getLogger(__name__)


class Channel(redis.Channel):
    """A channel whose client hands on checked messages only, and is made once instead of once a command."""

    def conn_or_acquire(self, client: Any = None) -> Any:
        """Return a context of ``client`` or of the channel's own; a command takes a connection from the pool."""
        return nullcontext(client or self._own_client)

    @cached_property
    def _own_client(self) -> Any:
        return self._create_client()  # type: ignore[no-untyped-call]

    def _get_client(self) -> Any:
        client_class = super()._get_client()  # type: ignore[no-untyped-call]  # kombu ships no types

        class CheckingClient(client_class):  # type: ignore[misc,valid-type]
            """Reads the reply of BRPOP; all other commands are as they were."""

            def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
                reply = super().parse_response(connection, command_name, **options)
                return _checked_reply(reply) if command_name == "BRPOP" else reply

        return CheckingClient


class Transport(redis.Transport):
    """Redis, with the channel above."""

    Channel = Channel


def _checked_reply(reply: Any) -> Any:
    """Return queue and message, or ``None`` for a message that was refused."""
    if not reply:
        return reply
    queue, item = reply
    try:
        return queue, checked(item, queue=bytes(queue).decode("utf-8", "replace"))
    except MessageError as error:
        log.warning("a message was refused: %s", error)
        return None
