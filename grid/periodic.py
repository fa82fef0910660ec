"""A daemon thread that does one thing at a steady interval and survives the loss of a server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from grid.errors import GridError

log = logging.getLogger(__name__)


class PeriodicThread:
    """Calls ``action`` every ``interval_seconds`` until stopped.

    A ``GridError`` (the server is away, a run is gone) is logged and the next call comes at its time.
    """

    def __init__(self, name: str, interval_seconds: float, action: Callable[[], object]) -> None:
        self._interval = interval_seconds
        self._action = action
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop and wait for the call in progress."""
        self._stopped.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            try:
                self._action()
            except GridError as error:
                log.warning("%s: %s", self._thread.name, error)
