"""Imported by worker processes: counts the shards that are computed, and lets each take some time beside the CPU's.

    DEVICE_TIME_COUNT         a file that grows by one byte for each shard computed, by whichever worker
    DEVICE_TIME_MILLISECONDS  how long a shard waits after it was computed, as for a device of its own; default 0

The wait is made of many of one millisecond each: a process that is stopped nine tenths of the time takes ten times as
long for them, as it would with computing.
"""

from __future__ import annotations

import os
import time

from grid import instants

TICK_SECONDS = 0.001

_count = os.open(os.environ["DEVICE_TIME_COUNT"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_milliseconds = int(os.environ.get("DEVICE_TIME_MILLISECONDS", "0"))


def compute(name: str) -> None:
    """Count a shard, and wait."""
    if name == "computed":
        for _ in range(_milliseconds):
            time.sleep(TICK_SECONDS)
        os.write(_count, b".")


instants.observers.append(compute)
