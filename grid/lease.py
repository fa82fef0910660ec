"""Leases: a running task shows that it lives by a key that runs out soon after it stops being renewed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from grid.periodic import PeriodicThread
from grid.store import Store

LEASE_SECONDS = 2.0
RENEWAL_SECONDS = 0.5


class LeaseHolder:
    """Holds the leases of one process and renews them from a thread while their tasks run."""

    def __init__(self, store: Store, worker: str) -> None:
        self._store = store
        self._worker = worker
        self._held: set[tuple[str, int, str]] = set()
        self._lock = threading.Lock()
        self._thread = PeriodicThread("leases", RENEWAL_SECONDS, self._renew)

    @contextmanager
    def hold(self, run: str, step: int, name: str) -> Iterator[None]:
        """Hold the lease ``name`` (such as ``gradient:3``) of one step while the block runs."""
        lease = (run, step, name)
        self._store.renew_lease(run, step, name, self._worker, LEASE_SECONDS)
        with self._lock:
            self._held.add(lease)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(lease)
            self._store.release_lease(run, step, name)

    def stop(self) -> None:
        """Stop renewing."""
        self._thread.stop()

    def _renew(self) -> None:
        with self._lock:
            for run, step, name in self._held:
                self._store.renew_lease(run, step, name, self._worker, LEASE_SECONDS)
