"""Sends the tasks of a run: the chord of a step, apply again, and the evaluation. Tasks carry ids only.

The messages are those that Celery writes for ``chord([gradient] * width)(apply)`` and ``send_task`` (its protocol,
version 2), written here: Celery takes 0.7 ms for each, and all workers wait for the one that sends. The queue is a
Redis list; what is pushed twice because a reply was lost is done once (docs/protocol.md).
Source: https://docs.celeryq.dev/en/stable/internals/protocol.html
"""

from __future__ import annotations

import base64
import json
import os
import socket
import uuid
from typing import Any

from grid.store.control_server import ControlServer

QUEUE = "grid"


class Dispatcher:
    """Sends tasks by name through the control server; never imports their code."""

    def __init__(self, control: ControlServer) -> None:
        self._control = control
        self._origin = f"{os.getpid()}@{socket.gethostname()}"

    def send_step(self, run: str, step: int, width: int) -> None:
        """Send the chord of one step: ``width`` gradient tasks, which share the shards among them, then apply."""
        # Immutable: a chord would hand its parts to apply, which reads the committed gradients instead.
        callback = {
            "task": "tasks.apply", "args": [run, step], "kwargs": {}, "subtask_type": None, "immutable": True,
            "options": {"queue": QUEUE, "ignore_result": True, "task_id": str(uuid.uuid4())},
        }  # fmt: skip
        body, group = _body([run, step], callback), str(uuid.uuid4())
        messages = [self._message("tasks.gradient", (run, step), body, group) for _ in range(max(1, width))]
        self._control.call("LPUSH", QUEUE, *messages)

    def send_apply(self, run: str, step: int) -> None:
        """Send the apply task again, outside of the chord."""
        self._send("tasks.apply", run, step)

    def send_evaluation(self, run: str, step: int, shards: int) -> None:
        """Send every shard of the evaluation of the parameters after ``step`` steps."""
        for shard in range(shards):
            self.send_evaluate(run, step, shard)

    def send_evaluate(self, run: str, step: int, shard: int) -> None:
        """Send one shard of an evaluation."""
        self._send("tasks.evaluate", run, step, shard)

    def _send(self, task: str, *arguments: Any) -> None:
        self._control.call("LPUSH", QUEUE, self._message(task, arguments, _body(list(arguments))))

    def _message(self, task: str, arguments: tuple[Any, ...], body: str, group: str | None = None) -> bytes:
        """Return the message of one task as kombu's Redis transport reads it."""
        task_id = str(uuid.uuid4())
        return json.dumps({
            "body": body,
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {
                "lang": "py", "task": task, "id": task_id, "root_id": task_id, "parent_id": None, "group": group,
                "group_index": None, "retries": 0, "timelimit": [None, None], "eta": None, "expires": None,
                "argsrepr": repr(arguments), "kwargsrepr": "{}", "origin": self._origin, "ignore_result": True,
            },
            "properties": {
                "correlation_id": task_id, "reply_to": None, "delivery_mode": 2, "priority": 0,
                "body_encoding": "base64", "delivery_tag": str(uuid.uuid4()),
                "delivery_info": {"exchange": "", "routing_key": QUEUE},
            },
        }).encode()  # fmt: skip


def _body(arguments: list[Any], callback: dict[str, Any] | None = None) -> str:
    """Return what a task is called with, and the callback of its chord."""
    embedded = {"callbacks": None, "errbacks": None, "chain": None, "chord": callback}
    return base64.b64encode(json.dumps([arguments, {}, embedded]).encode()).decode()
