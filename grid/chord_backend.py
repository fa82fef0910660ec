"""Celery's Redis result backend, reduced to what the chord of a step needs: to know when its parts are all there.

The committed shards of the step are the count, which a killed worker or a message delivered twice cannot spoil
(docs/protocol.md). So a chord stores nothing of its own, and its callback runs at once in the process that committed
the last shard, instead of as one more message. Results are not waited for: nothing is subscribed.
"""

from __future__ import annotations

from typing import Any

from celery import maybe_signature
from celery.backends.redis import RedisBackend

COMPLETE = "complete"
"""What a part returns if with it everything is there."""


class ChordBackend(RedisBackend):  # type: ignore[misc]  # celery ships no types
    """Runs the callback of a chord after the part that returns ``COMPLETE``; never waits for a result."""

    def set_chord_size(self, group_id: str, chord_size: int) -> None:
        """Store nothing: the parts are as many as there are workers, and each may do the work of all."""

    def on_chord_part_return(self, request: Any, state: str, result: Any, **_: Any) -> None:
        """Run the callback if the part says that it was the last one needed."""
        if result == COMPLETE:
            callback = maybe_signature(request.chord, app=self.app)
            self.app.tasks[callback.task](*callback.args)

    def add_pending_result(self, result: Any, *_: Any, **__: Any) -> Any:
        """Leave the result alone."""
        return result

    def remove_pending_result(self, result: Any) -> Any:
        """Leave the result alone."""
        return result

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Subscribe to nothing."""
