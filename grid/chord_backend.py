"""Celery's Redis result backend, reduced to what a chord needs: counting the parts that have returned.

Sending a chord makes a result object for each of its tasks, and each subscribes to a channel of its own on the
server and leaves it when it is collected. Nobody waits for these results, so nothing is subscribed here: fewer
commands a step, and no errors from objects that outlive the server.
"""

from __future__ import annotations

from typing import Any

from celery.backends.redis import RedisBackend


class ChordBackend(RedisBackend):  # type: ignore[misc]  # celery ships no types
    """Counts the parts of chords; never waits for a result."""

    def add_pending_result(self, result: Any, *_: Any, **__: Any) -> Any:
        """Leave the result alone."""
        return result

    def remove_pending_result(self, result: Any) -> Any:
        """Leave the result alone."""
        return result

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Subscribe to nothing."""
