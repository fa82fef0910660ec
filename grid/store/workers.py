"""Workers that are alive, the supervisor among them, and what waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grid.errors import StoreError
from grid.store import keys, scripts
from grid.store.base import StoreBase, check_name
from grid.store.records import encode_record, parse_record
from grid.store.resp import Part

WORKER_TTL_SECONDS = 15.0
WORKERS_LIMIT = 10_000


class WorkerStore(StoreBase):
    """Heartbeats and the election of a supervisor."""

    def heartbeat(self, worker: str, info: Mapping[str, Any], ttl_seconds: float = WORKER_TTL_SECONDS) -> None:
        """Tell that a worker lives and what it does; forgotten after ``ttl_seconds``."""
        data = encode_record(info, what=f"worker {worker}")
        key = keys.worker(check_name(worker, what="worker"))
        self.control.run_script(scripts.HEARTBEAT, [key, keys.WORKERS], [worker, data, round(1000 * ttl_seconds)])

    def forget_worker(self, worker: str) -> None:
        """Take a worker off the list."""
        self.control.call("DEL", keys.worker(check_name(worker, what="worker")))
        self.control.call("ZREM", keys.WORKERS, worker)

    def workers(self) -> list[dict[str, Any]]:
        """Return what the live workers told last, in the order of their names.

        Raises:
            StoreError: if a record is malformed.
        """
        names = sorted(self.control.call("ZREVRANGE", keys.WORKERS, 0, WORKERS_LIMIT - 1))
        if not names:
            return []
        records = self.control.call("MGET", *(keys.worker(name.decode("utf-8", "replace")) for name in names))
        return [parse_record(data, what="worker") for data in records if data is not None]

    def elect(self, holder: str, ttl_seconds: float) -> bool:
        """Return whether ``holder`` is the supervisor for the next ``ttl_seconds``; being it already renews it."""
        arguments: list[Part] = [check_name(holder, what="supervisor"), round(1000 * ttl_seconds)]
        return bool(self.control.run_script(scripts.ELECT, [keys.SUPERVISOR], arguments))

    def resign(self, holder: str) -> None:
        """Make room for another supervisor, if ``holder`` is it."""
        self.control.run_script(scripts.RESIGN, [keys.SUPERVISOR], [check_name(holder, what="supervisor")])

    def waiting_messages(self, queue: str) -> int:
        """Return how many Celery messages wait in a queue."""
        length = self.control.call("LLEN", check_name(queue, what="queue"))
        if not isinstance(length, int):
            raise StoreError(f"queue {queue}: expected its length, got {str(length)[:40]}")
        return length
