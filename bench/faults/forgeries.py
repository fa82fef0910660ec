"""Deliveries that a queue should not make, and messages and payloads that nobody of the grid has written."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from grid.dispatch import QUEUE

Message = dict[str, Any]
Forgery = Callable[[Message, random.Random], None]


class Forger:
    """Writes to the servers of a run behind the workers' backs.

    Args:
        control_url, blob_url: the servers.
        taken: where workers note what they have taken last; see ``bench/faults/taken_messages.py``.
        run: the run that it is after.
        chance: what it does follows from this generator alone.
    """

    def __init__(self, control_url: str, blob_url: str, taken: Path, run: str, chance: random.Random) -> None:
        self._control: Any = redis.Redis.from_url(control_url)
        self._blobs: Any = redis.Redis.from_url(blob_url)
        self._taken = taken
        self._run = run
        self._chance = chance
        self._seen: list[bytes] = []

    def duplicate(self) -> str:
        """Deliver messages that are under way, and some that were long ago, a second time."""
        under_way = self._under_way()
        copies = [*under_way, *self._chance.sample(self._seen, min(3, len(self._seen)))]
        for copy in copies:
            self._control.lpush(QUEUE, copy)
        self._seen = [*self._seen, *under_way][-50:]
        return f"{len(copies)} messages again"

    def reorder(self) -> str:
        """Rotate the queue, and deliver copies of what is under way, last first, before all that waits."""
        length = self._control.llen(QUEUE)
        for _ in range(self._chance.randrange(length + 1)):
            self._control.rpoplpush(QUEUE, QUEUE)
        under_way = self._under_way()
        for copy in under_way:
            self._control.rpush(QUEUE, copy)
        return f"{length} messages rotated, {len(under_way)} delivered in reverse"

    def forge_message(self) -> str:
        """Put a message into the queue that names another run, step or task, or whose body is no body."""
        waiting = self._under_way() or self._seen
        if not waiting:
            return "no message to forge"
        message = json.loads(self._chance.choice(waiting))
        name, forge = self._chance.choice(list(FORGERIES.items()))
        forge(message, self._chance)
        self._control.lpush(QUEUE, json.dumps(message))
        return name

    def forge_payload(self) -> str:
        """Overwrite a gradient that was stored and not yet read: by noise, or by itself with one bit turned."""
        keys = sorted(self._blobs.keys(f"run:{self._run}:gradient:*"))
        if not keys:
            return "no payload to forge"
        key = self._chance.choice(keys)
        payload = bytearray(self._blobs.get(key) or b"")
        if payload and self._chance.random() < 0.5:
            payload[self._chance.randrange(len(payload))] ^= 1 << self._chance.randrange(8)
            kind = "one bit turned"
        else:
            payload = bytearray(self._chance.randbytes(self._chance.randrange(2 * len(payload) + 1)))
            kind = "noise"
        return kind if self._blobs.set(key, bytes(payload), xx=True, keepttl=True) else "too late"

    def close(self) -> None:
        """Drop the connections."""
        self._control.close()
        self._blobs.close()

    def _under_way(self) -> list[bytes]:
        """Return the messages that wait, and those that workers have taken last."""
        noted = [path.read_bytes() for path in sorted(self._taken.glob("*.json"))]
        return [*self._control.lrange(QUEUE, 0, -1), *noted]


def _with_arguments(change: Callable[[list[Any], random.Random], list[Any]]) -> Forgery:
    """Return what changes the arguments of a message's task."""

    def forge(message: Message, chance: random.Random) -> None:
        arguments, *rest = json.loads(base64.b64decode(message["body"]))
        message["body"] = base64.b64encode(json.dumps([change(arguments, chance), *rest]).encode()).decode()

    return forge


def _set_task(message: Message, chance: random.Random) -> None:
    message["headers"]["task"] = chance.choice(["tasks.nothing", "os.system", "celery.backend_cleanup"])


def _set_body(message: Message, chance: random.Random) -> None:
    message["body"] = base64.b64encode(chance.randbytes(chance.randrange(200))).decode()


FORGERIES: dict[str, Forgery] = {
    "a run that is not there": _with_arguments(lambda given, chance: [chance.randbytes(6).hex(), *given[1:]]),
    "a run's name that is none": _with_arguments(lambda given, chance: ["../../etc", *given[1:]]),
    "a step to come": _with_arguments(lambda given, chance: [given[0], given[1] + chance.randrange(1, 1000)]),
    "a step long past": _with_arguments(lambda given, chance: [given[0], 0]),
    "a step that is none": _with_arguments(lambda given, chance: [given[0], chance.choice([-1, 1.5, "x", None, {}])]),
    "too few arguments": _with_arguments(lambda given, chance: given[:1]),
    "too many arguments": _with_arguments(lambda given, chance: [*given, 1, 2]),
    "another task": _set_task,
    "a body of noise": _set_body,
}
