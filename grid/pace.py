"""How long a shard of a run takes this worker, so that a slow one does not take what the others will make sooner."""

from __future__ import annotations

SMOOTHING = 0.3
FORGETTING = 0.98
"""After a refusal: a worker that was ten times slower is tried again after some sixty of them."""


class Pace:
    """A moving average of the seconds of a shard, for each run: from the claim until its payload is stored.

    As leases are measured, so that a worker that first has to follow the log is not taken for late. The first of a run
    does not count: it loads the data and builds kernels.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def add(self, run: str, seconds: float) -> None:
        """Add the seconds of one shard."""
        if run not in self._seconds:
            self._seconds[run] = 0.0
            return
        before = self._seconds[run] or seconds
        self._seconds[run] = before + SMOOTHING * (seconds - before)

    def seconds(self, run: str) -> float:
        """Return the seconds of a shard; 0 if none has been computed yet."""
        return self._seconds.get(run, 0.0)

    def forget_some(self, run: str) -> None:
        """Trust the average a little less."""
        if run in self._seconds:
            self._seconds[run] *= FORGETTING
