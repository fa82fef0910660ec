"""The worker of this process: made when Celery's pool starts it, found by the tasks, stopped with it."""

from __future__ import annotations

import gc
import logging

from billiard import current_process

from grid.child_process import EXIT_UNUSABLE
from grid.connection import Connection
from grid.devices import create_backend
from grid.errors import GridError
from grid.plugins import load_plugins
from grid.pool import served_devices
from grid.settings import Settings
from grid.worker import Worker
from mathcore.errors import MathcoreError

log = logging.getLogger(__name__)

COLLECTED_AFTER = 10_000
"""New objects after which Python looks for cycles; a step without arithmetic makes some thousands."""

_worker: Worker | None = None


def start_worker(connection: Connection, settings: Settings) -> None:
    """Create this process's worker; called after a fork, never before.

    Raises:
        SystemExit: if it cannot be made, with code 2 if for want of a device: a process that cannot compute must not
            take tasks, and Celery would only log the exception.
    """
    global _worker
    try:
        load_plugins(settings.plugins)
        devices = served_devices(settings) if _pool_index() else [None]
        device = devices[_pool_index() % len(devices)]
        _worker = Worker(connection, settings, create_backend(settings, device=device))
        gc.collect()
        gc.freeze()  # what has been imported stays; to look through it again and again takes a tenth of a short step
        gc.set_threshold(COLLECTED_AFTER)
    except (GridError, MathcoreError) as error:
        log.critical("error: %s", error)
        raise SystemExit(EXIT_UNUSABLE) from None
    except Exception:
        log.exception("the worker does not start")
        raise SystemExit(1) from None


def stop_worker() -> None:
    """Stop this process's worker, if it has one."""
    global _worker
    if _worker is not None:
        _worker.stop()
        _worker = None


def current_worker() -> Worker:
    """Return this process's worker."""
    if _worker is None:
        raise GridError("expected a running worker process; start one with `celery -A grid worker`")
    return _worker


def _pool_index() -> int:
    """Return which child of a prefork pool this process is; 0 in a solo pool."""
    return int(getattr(current_process(), "index", 0) or 0)
