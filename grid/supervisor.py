"""Re-sends work that has neither a result nor a live lease: the chord is the fast path, never the only way forward.

Every worker and driver runs one supervisor; a lock elects the one that acts. Sending too much is harmless, because the
step protocol takes each result once. What is watched of a run is its marker (step, phase, committed shards, waiting
messages) and who takes leases: work counts as lost when nothing has happened for the grace period, so a message that a
worker has just popped gets the time to become a lease. A lease that runs out does not count as happening: its worker
has died.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from time import monotonic

from grid.dispatch import QUEUE, Dispatcher
from grid.errors import RunNotFoundError, StoreError
from grid.store import RunHeader, Store

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.15
ELECTION_SECONDS = 0.9
GRACE_SECONDS = 0.3
# While messages wait, a lost one shows only when the queue has drained; after this long it is sent again anyway.
QUEUED_GRACE_SECONDS = 5.0
LATE = 3.0
LEAST_LATE_SECONDS = 0.15
"""A shard is late when it has been held for so many times what shards take, and for so long: as the claims see it."""


@dataclass(frozen=True)
class Progress:
    """What the supervisor sees of a run at one moment."""

    header: RunHeader
    committed: frozenset[int]
    leases: Mapping[str, float]
    waiting: int
    workers: int

    @property
    def marker(self) -> tuple[object, ...]:
        return (self.header.state, self.header.phase, self.header.step, self.committed, self.waiting)

    @property
    def held(self) -> frozenset[str]:
        return frozenset(self.leases)

    @property
    def late(self) -> int:
        """How many shards have been held for too long and are not yet computed elsewhere."""
        least = max(LATE * self.header.shard_seconds, LEAST_LATE_SECONDS)
        names = [name.partition(":") for name, seconds in self.leases.items() if seconds > least]
        return sum(kind == "gradient" and f"late:{shard}" not in self.leases for kind, _, shard in names)


@dataclass(frozen=True)
class Watch:
    """Since when a run's marker has been the same and nobody has taken a lease."""

    marker: tuple[object, ...]
    held: frozenset[str]
    since: float


class Supervisor:
    """Watches all active runs of a store; ``tick`` is called by a thread, ``resign`` at the end."""

    def __init__(
        self, store: Store, dispatcher: Dispatcher, holder: str, clock: Callable[[], float] = monotonic
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._holder = holder
        self._clock = clock
        self._watches: dict[str, Watch] = {}

    def tick(self) -> None:
        """Look at every active run once, and re-send what is lost."""
        if not self._store.elect(self._holder, ELECTION_SECONDS):
            self._watches.clear()
            return
        active = self._store.active_runs()
        self._watches = {run: watch for run, watch in self._watches.items() if run in active}
        for run in active:
            try:
                self._look(run)
            except (RunNotFoundError, StoreError) as error:  # one run's trouble must not keep the others waiting
                log.warning("supervisor: run %s: %s", run, error)

    def resign(self) -> None:
        """Make room for another supervisor at once."""
        self._store.resign(self._holder)

    def _look(self, run: str) -> None:
        progress = self._progress(run)
        watch = self._watches.get(run)
        if watch is None or watch.marker != progress.marker or not progress.held <= watch.held:
            self._watches[run] = Watch(progress.marker, progress.held, self._clock())
            return
        self._watches[run] = Watch(progress.marker, progress.held, watch.since)
        grace = QUEUED_GRACE_SECONDS if progress.waiting else GRACE_SECONDS
        waited = self._clock() - watch.since >= grace
        if waited and progress.workers and resend(progress, self._store, self._dispatcher):
            self._watches[run] = Watch(progress.marker, progress.held, self._clock())

    def _progress(self, run: str) -> Progress:
        header = self._store.header(run)
        found = self._store.evaluations if header.phase == "evaluate" else self._store.committed
        return Progress(
            header,
            frozenset(found(run, header.step)),
            self._store.leases(run, header.step),
            self._store.waiting_messages(QUEUE),
            len(self._store.workers()),
        )


def resend(progress: Progress, store: Store, dispatcher: Dispatcher) -> bool:
    """Send again whatever of a run has neither a result nor a lease; return whether there was anything."""
    header, committed, leases = progress.header, progress.committed, progress.leases
    if header.state == "queued":
        store.start(header.run)
        header = store.header(header.run)
    if header.phase == "evaluate":
        lost = missing(header.evaluation_shards, committed, leases, "evaluate")
        if not lost and not leases:
            lost = [0]  # all scores are in but nobody concluded: any shard's task does, finding its score there
        for shard in lost:
            dispatcher.send_evaluate(header.run, header.step, shard)
        return bool(lost)
    if len(committed) >= header.shards:
        taken = any(name.startswith(("apply", "audit:")) for name in leases)
        if not taken:
            dispatcher.send_apply(header.run, header.step)
        return not taken
    lost = missing(header.shards, committed, leases, "gradient")
    idle = max(0, progress.workers - len(leases))
    width = min(len(lost), progress.workers) or min(progress.late, idle)
    if width:
        dispatcher.send_step(header.run, header.step, width)
    return width > 0


def missing(shards: int, committed: frozenset[int], leases: Container[str], kind: str) -> list[int]:
    """Return the shards that have neither a result nor a lease ``kind:shard``, in order."""
    return [shard for shard in range(shards) if shard not in committed and f"{kind}:{shard}" not in leases]
