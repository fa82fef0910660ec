"""When each step of a run was published, as seen from outside: the control server is asked every 20 ms."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType

from grid.errors import GridError
from grid.store import Store

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Sample:
    """The first moment, in seconds of the monotonic clock, at which a run was seen to have made ``step`` steps."""

    seconds: float
    step: int


class Timeline:
    """Follows one run from a thread of its own. Use as a context manager."""

    def __init__(self, store: Store, run: str) -> None:
        self._store = store
        self._run = run
        self._samples: list[Sample] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="timeline", daemon=True)

    def __enter__(self) -> Timeline:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    @property
    def step(self) -> int:
        """The last step seen; 0 before the first look."""
        return self._samples[-1].step if self._samples else 0

    def samples(self, since: float = 0.0, until: float = float("inf")) -> list[Sample]:
        """Return what was seen between two moments, both included."""
        return [sample for sample in self._samples if since <= sample.seconds <= until]

    def rate(self, since: float, until: float) -> float:
        """Return steps per second from the first to the last sample between two moments; 0 with fewer than two."""
        seen = self.samples(since, until)
        if len(seen) < 2:
            return 0.0
        return (seen[-1].step - seen[0].step) / (seen[-1].seconds - seen[0].seconds)

    def gaps(self, since: float, until: float) -> list[float]:
        """Return the seconds between each two samples between two moments."""
        return [after.seconds - before.seconds for before, after in pairwise(self.samples(since, until))]

    def longest_gap(self, since: float, until: float) -> float:
        """Return the longest time without a step that began between two moments, whenever it ended; 0 if none did."""
        pairs = pairwise(self._samples)
        return max((b.seconds - a.seconds for a, b in pairs if since <= a.seconds <= until), default=0.0)

    def usual_gap(self, since: float, until: float) -> float:
        """Return the median of ``gaps``; 0 if there are none."""
        return statistics.median(self.gaps(since, until) or [0.0])

    def _poll(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            try:
                step = self._store.header(self._run).step
            except GridError:  # the server is away: a fault that is being measured
                continue
            if not self._samples or step != self._samples[-1].step:
                self._samples.append(Sample(time.monotonic(), step))
