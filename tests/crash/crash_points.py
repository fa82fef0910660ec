"""Imported by worker processes: kills the process at the instant that the test has armed, once.

The test arms an instant by an empty file of its name in the folder ``CRASH_FOLDER``. The first process to come there
renames the file, which only one can, writes into it when it died, and ends as by ``kill -9``.

Instants of Celery and kombu are added to those of ``grid.instants``, each in the process where it happens:

    popped        the message is off the queue and not yet among the unacknowledged: it is lost
    counting      a gradient task is over, and the chord does not know it
    counted       the chord knows it; the callback of the last one has run
    acknowledging a task is over and its message still among the unacknowledged
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kombu.transport.virtual import QoS

from grid import instants
from grid.chord_backend import ChordBackend

FOLDER = Path(os.environ["CRASH_FOLDER"])
STEP_SECONDS = 0.02


def die(name: str) -> None:
    """End this process if the instant is armed."""
    armed, killed = FOLDER / name, FOLDER / f"{name}.killed"
    try:
        armed.rename(killed)
    except FileNotFoundError:
        return
    killed.write_text(f"{os.getpid()} {time.monotonic()}")
    os.kill(os.getpid(), signal.SIGKILL)


def take_time(name: str) -> None:
    """Hold up every step a little: the run has to outlast the matrix."""
    if name == "applying":
        time.sleep(STEP_SECONDS)


def before(owner: type, method: str, instant: str) -> None:
    """Come to an instant before each call of a method."""
    wrapped: Callable[..., Any] = getattr(owner, method)

    def call(*arguments: Any, **named: Any) -> Any:
        instants.reach(instant)
        return wrapped(*arguments, **named)

    setattr(owner, method, call)


def after(owner: type, method: str, instant: str) -> None:
    """Come to an instant after each call of a method."""
    wrapped: Callable[..., Any] = getattr(owner, method)

    def call(*arguments: Any, **named: Any) -> Any:
        result = wrapped(*arguments, **named)
        instants.reach(instant)
        return result

    setattr(owner, method, call)


instants.observers += [take_time, die]
before(QoS, "append", "popped")
before(QoS, "ack", "acknowledging")
before(ChordBackend, "on_chord_part_return", "counting")
after(ChordBackend, "on_chord_part_return", "counted")
