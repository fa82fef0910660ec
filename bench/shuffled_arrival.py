"""A plugin for workers (``GRID_PLUGINS``): they wait a random time before they claim, and before they commit.

So shards are claimed by other workers and arrive in another order than in a calm run. Each worker draws from a seed of
its own.
"""

from __future__ import annotations

import random
import sys
import time

from grid.instants import observers

LONGEST_SECONDS = {"received": 0.01, "stored": 0.005}
# Celery's command line holds the worker's number
draws = random.Random(" ".join(sys.argv))  # noqa: S311 - delays are no secrets


def wait(instant: str) -> None:
    """Wait if the instant is one of those."""
    if instant in LONGEST_SECONDS:
        time.sleep(draws.uniform(0, LONGEST_SECONDS[instant]))


observers.append(wait)
