"""Survives a server that is away for some seconds: calls again, for a bounded time, what may be called twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from grid.errors import BrokerError

RETRY_SECONDS = 15.0
FIRST_DELAY_SECONDS = 0.02
LARGEST_DELAY_SECONDS = 1.0

T = TypeVar("T")


class UnavailableError(BrokerError):
    """Raised when a server could not be reached or broke off; the same call may succeed later."""


def retried(call: Callable[[], T], *, window_seconds: float = RETRY_SECONDS) -> T:
    """Return what ``call`` returns; while it raises ``UnavailableError``, call again with growing delays.

    Only for calls that may be applied twice: a connection can break after the server has done its work.

    Raises:
        UnavailableError: the last one, when the window is over.
    """
    deadline = time.monotonic() + window_seconds
    delay = FIRST_DELAY_SECONDS
    while True:
        try:
            return call()
        except UnavailableError:
            if time.monotonic() + delay > deadline:
                raise
        time.sleep(delay)
        delay = min(2 * delay, LARGEST_DELAY_SECONDS)
