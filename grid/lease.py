"""Leases: a running task shows that it lives by a key that runs out soon after it stops being renewed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from grid.periodic import PeriodicThread
from grid.store import Store

LEASE_SECONDS = 1.2
RENEWAL_SECONDS = 0.3


class LeaseHolder:
    """Renews the leases of one process from a thread while their tasks run."""

    def __init__(self, store: Store, worker: str) -> None:
        self._store = store
        self._worker = worker
        self._held: set[tuple[str, int, str]] = set()
        self._lock = threading.Lock()
        self._thread = PeriodicThread("leases", RENEWAL_SECONDS, self._renew)

    @contextmanager
    def renewing(self, run: str, step: int, names: Sequence[str]) -> Iterator[None]:
        """Renew leases (such as ``gradient:3``), which are held already, while the block runs.

        If the block fails they are let go at once; whoever ends it well does that with the results.
        """
        leases = {(run, step, name) for name in names}
        with self._lock:
            self._held |= leases
        try:
            yield
        except BaseException:
            self._drop(leases)
            self.release(run, step, names)
            raise
        self._drop(leases)

    def release(self, run: str, step: int, names: Sequence[str]) -> None:
        """Let leases go, so that others may have them at once."""
        for name in names:
            self._store.release_lease(run, step, name)

    @contextmanager
    def hold(self, run: str, step: int, name: str) -> Iterator[None]:
        """Take the lease ``name`` (such as ``evaluate:3``), hold it while the block runs, and let it go."""
        self._store.renew_lease(run, step, name, self._worker, LEASE_SECONDS)
        with self.renewing(run, step, [name]):
            yield
        self._store.release_lease(run, step, name)

    def stop(self) -> None:
        """Stop renewing."""
        self._thread.stop()

    def _drop(self, leases: set[tuple[str, int, str]]) -> None:
        with self._lock:
            self._held -= leases

    def _renew(self) -> None:
        with self._lock:
            for run, step, name in self._held:
                self._store.renew_lease(run, step, name, self._worker, LEASE_SECONDS)
