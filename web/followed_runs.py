"""What the site has read of the histories of runs, so that every look at a run reads only what is new."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grid.progress import Progress, ProgressTracker

if TYPE_CHECKING:
    from grid.store import RunHeader

MAXIMUM_RUNS = 256
RECENT_STEPS = 10
RECENT_EVALUATIONS = 100
OVER = ("finished", "failed", "cancelled")

Record = Mapping[str, Any]
ReadHistory = Callable[[int], Sequence[Record]]


@dataclass(frozen=True)
class Glimpse:
    """A run at one moment, from its header and its history.

    Attributes:
        progress: step, loss, accuracy, speed and time left.
        classes: equivalence classes that took part.
        steps: the last step records, the newest first.
        evaluations: the last evaluation records, the newest first.
    """

    progress: Progress
    classes: list[str]
    steps: list[Record]
    evaluations: list[Record]


class FollowedRun:
    """The part of one run's history that has been read. Threads take turns."""

    def __init__(self, header: RunHeader) -> None:
        self._tracker = ProgressTracker(header.run, header.steps)
        self._seen = 0
        self._classes: set[str] = set()
        self._steps: deque[Record] = deque(maxlen=RECENT_STEPS)
        self._evaluations: deque[Record] = deque(maxlen=RECENT_EVALUATIONS)
        self._complete = False
        self._lock = threading.Lock()

    def look(self, header: RunHeader, read: ReadHistory) -> Glimpse:
        """Read what is new and return the present moment."""
        with self._lock:
            if not self._complete:
                self._read(read)
                self._complete = header.state in OVER
            return Glimpse(
                self._tracker.progress(header.state),
                sorted(self._classes),
                list(reversed(self._steps)),
                list(reversed(self._evaluations)),
            )

    def _read(self, read: ReadHistory) -> None:
        records = read(self._seen)
        self._seen += len(records)
        self._tracker.add(records)
        for record in records:
            if record["kind"] == "step":
                self._steps.append(record)
                self._classes.update(record["classes"])
            else:
                self._evaluations.append(record)


class FollowedRuns:
    """The followed runs of one application; the one not looked at for the longest time makes room."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, FollowedRun] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, header: RunHeader, read: ReadHistory) -> Glimpse:
        """Return the present moment of a run.

        Args:
            header: what the run's header was before the history is read: what is over then stays as it is.
            read: returns the records of the history from the given one on.
        """
        with self._lock:
            followed = self._runs.setdefault(header.run, FollowedRun(header))
            self._runs.move_to_end(header.run)
            while len(self._runs) > MAXIMUM_RUNS:
                self._runs.popitem(last=False)
        return followed.look(header, read)
