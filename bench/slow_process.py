"""Slows a process down by stopping it again and again, as a busy or throttled machine does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

RUNNING_SECONDS = 0.2
STOPPED_SECONDS = 0.3


@contextmanager
def slowed(process_id: int) -> Iterator[None]:
    """Let a process run for 0.2 s and stand for 0.3 s in turns while the block runs."""
    over = Event()
    thread = Thread(target=_alternate, args=(process_id, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _alternate(process_id: int, over: Event) -> None:
    while not over.wait(RUNNING_SECONDS):
        os.kill(process_id, signal.SIGSTOP)
        over.wait(STOPPED_SECONDS)
        os.kill(process_id, signal.SIGCONT)
