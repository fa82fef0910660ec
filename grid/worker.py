"""What one worker process holds: the store, the device, sessions of recent runs, and the threads that show it lives."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from billiard import current_process
from celery import Celery

from grid.child_process import EXIT_UNUSABLE
from grid.connection import Connection
from grid.devices import create_backend
from grid.dispatch import Dispatcher
from grid.errors import (
    BlobCorruptError,
    BlobMissingError,
    BrokerError,
    GridError,
    RunNotFoundError,
    VersionLostError,
)
from grid.heartbeat import Heartbeat
from grid.job import validate_job
from grid.lease import LeaseHolder
from grid.periodic import PeriodicThread
from grid.plugins import load_plugins
from grid.pool import served_devices
from grid.session import Plan, Session
from grid.settings import Settings
from grid.store import RunHeader, Store
from grid.supervisor import INTERVAL_SECONDS, Supervisor
from mathcore.backends.base import Backend
from mathcore.errors import MathcoreError

log = logging.getLogger(__name__)

SESSIONS_KEPT = 2

Body = Callable[["Worker", RunHeader], str]


class Worker:
    """One process that computes.

    Attributes:
        id: ``host:pid``.
        store: the control and blob servers.
        dispatcher: sends tasks.
        backend: the device of this process.
        heartbeat: what the status pages show of it.
    """

    def __init__(self, app: Celery, connection: Connection, settings: Settings, backend: Backend) -> None:
        self.id = f"{socket.gethostname()}:{os.getpid()}"
        self.store = Store(connection.control_url, connection.blob_url)
        self.dispatcher = Dispatcher(app)
        self.backend = backend
        self.heartbeat = Heartbeat(self.store, self.id, backend)
        self._data_dir: Path = settings.data_dir
        self._leases = LeaseHolder(self.store, self.id)
        self._supervisor = Supervisor(self.store, self.dispatcher, self.id)
        self._supervisor_thread = PeriodicThread("supervisor", INTERVAL_SECONDS, self._supervisor.tick)
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def session(self, header: RunHeader) -> Session:
        """Return the session of a run; the least recently used one makes room."""
        session = self._sessions.get(header.run)
        if session is None:
            session = Session(Plan(validate_job(header.job), self._data_dir), self.backend)
            self._sessions[header.run] = session
            while len(self._sessions) > SESSIONS_KEPT:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(header.run)
        return session

    def load_parameters(self, session: Session, header: RunHeader) -> None:
        """Make the session's parameters those of the run's current version."""
        if session.token != header.token:
            session.token = None
            values = self._read(header, "parameters")
            session.backend.write(session.parameters, values)
            session.token = header.token

    def load_state(self, session: Session, header: RunHeader) -> None:
        """Make the session's optimizer state that of the run's current version."""
        if session.state_token != header.token:
            session.state_token = None
            session.backend.write(session.state, self._read(header, "optimizer"))
            session.state_token = header.token

    def _read(self, header: RunHeader, name: str) -> np.ndarray:
        values = self.store.read_array(header.run, header.token, name)
        self.store.count_bytes(header.run, down=values.nbytes)
        return values

    def perform(self, run: str, step: int, phase: str, name: str, body: Body) -> str:
        """Do one task under a lease if the run still wants it, and say what became of it.

        Trouble that passes (a server away, a version that moved on) ends the task; the supervisor sends it again. An
        error of the job itself fails the run with one line.
        """
        started = time.monotonic()
        try:
            header = self.store.header(run)
            if (header.state, header.step, header.phase) != ("running", step, phase):
                return "stale"
            with self._leases.hold(run, step, name), self.heartbeat.task(run, step, name):
                outcome = body(self, header)
        except VersionLostError as error:
            return self._fail(run, step, name, str(error))
        except (RunNotFoundError, BlobMissingError, BlobCorruptError, BrokerError) as error:
            log.warning("run %s step %d %s: %s", run, step, name, error)
            return "lost"
        except (GridError, MathcoreError) as error:
            return self._fail(run, step, name, str(error))
        except Exception as error:
            log.exception("run %s step %d %s", run, step, name)
            return self._fail(run, step, name, f"{type(error).__name__}: {error}")
        log.info("run %s step %d %s: %s in %.3f s", run, step, name, outcome, time.monotonic() - started)
        return outcome

    def stop(self) -> None:
        """Stop the threads and take the worker off the list, if the server still answers."""
        self._supervisor_thread.stop()
        self._leases.stop()
        try:
            self._supervisor.resign()
            self.heartbeat.stop()
        except GridError as error:
            log.warning("stopping: %s", error)

    def _fail(self, run: str, step: int, name: str, message: str) -> str:
        log.error("run %s step %d %s failed: %s", run, step, name, message)
        self._sessions.pop(run, None)
        self.store.fail(run, f"step {step}, {name}: {message}")
        return "failed"


_worker: Worker | None = None


def start_worker(app: Celery, connection: Connection, settings: Settings) -> None:
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
        _worker = Worker(app, connection, settings, create_backend(settings, device=device))
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
