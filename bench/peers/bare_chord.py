"""A Celery application with chords of empty tasks, as the documentation has them, beside which ours are timed.

    GRID_BENCH_URL=redis://... celery -A bench.peers.bare_chord worker --pool solo --queues bare
    GRID_BENCH_URL=redis://... python -m bench.peers.bare_chord

The second reads lines of shards and steps from stdin and answers with the milliseconds of a chord.
"""

from __future__ import annotations

import os
import sys
import time

import redis
from celery import Celery, chord

DONE = "bare:done"
WARM_UP = 10
PATIENCE_SECONDS = 60

app = Celery("bare", broker=os.environ.get("GRID_BENCH_URL"), backend=os.environ.get("GRID_BENCH_URL"))
app.conf.update(task_default_queue="bare", worker_prefetch_multiplier=1, task_acks_late=True)


@app.task(name="bare.part")  # type: ignore[untyped-decorator]  # celery ships no types
def part(number: int) -> int:
    """Do nothing."""
    return number


@app.task(name="bare.body")  # type: ignore[untyped-decorator]  # celery ships no types
def body(parts: list[int]) -> None:
    """Tell that the chord is done."""
    redis.Redis.from_url(app.conf.broker_url).rpush(DONE, len(parts))


def drive(shards: int, steps: int) -> float:
    """Send chords, one after the other, and return the milliseconds of one."""
    server = redis.Redis.from_url(app.conf.broker_url, socket_timeout=2 * PATIENCE_SECONDS)
    started = 0.0
    for step in range(WARM_UP + steps):
        if step == WARM_UP:
            started = time.perf_counter()
        chord([part.s(number) for number in range(shards)])(body.s())
        if server.brpop([DONE], timeout=PATIENCE_SECONDS) is None:
            raise SystemExit(f"expected a chord to end within {PATIENCE_SECONDS} s")
    return 1000 * (time.perf_counter() - started) / steps


def main() -> None:
    """Take turns until stdin ends."""
    print("bare chords", flush=True)
    for line in sys.stdin:
        shards, steps = (int(text) for text in line.split())
        print(drive(shards, steps), flush=True)
    os._exit(0)  # results that are collected at the end would look for a server that is gone


if __name__ == "__main__":
    main()
