"""What one worker process holds: the store, the device, sessions of recent runs, and the threads that show it lives."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from celery.worker import state

from grid import leaving
from grid.catching_up import CatchingUp
from grid.checkpointing import Checkpointing
from grid.child_process import EXIT_BANNED
from grid.connection import Connection
from grid.dispatch import Dispatcher
from grid.errors import (
    BlobCorruptError,
    BlobMissingError,
    BrokerError,
    GridError,
    RunNotFoundError,
    SealError,
    ShardRefusedError,
    VersionLostError,
)
from grid.heartbeat import Heartbeat
from grid.instants import reach
from grid.job import validate_job
from grid.lease import LeaseHolder
from grid.pace import Pace
from grid.periodic import PeriodicThread
from grid.quarantine import refuse
from grid.restorer import INTERVAL_SECONDS as RESTORER_SECONDS
from grid.restorer import Restorer
from grid.session import Plan, Session
from grid.settings import Settings
from grid.supervisor import INTERVAL_SECONDS, Supervisor
from mathcore.backends.base import Backend
from mathcore.errors import MathcoreError

log = logging.getLogger(__name__)

SESSIONS_KEPT = 2
ASIDE_SECONDS = 0.1


@dataclass
class Task:
    """A task that is being done: its ids, and under which name it shows (such as ``gradient:3``)."""

    run: str
    step: int
    name: str


Body = Callable[["Worker", Task], str]


class Worker:
    """One process that computes.

    Attributes:
        id: ``host:pid``.
        store: the control and blob servers.
        dispatcher: sends tasks.
        backend: the device of this process.
        heartbeat: what the status pages show of it.
        leases: renewed while a task runs.
        pace: how long shards take it.
        checkpoints: writes checkpoint files.
        restorer: knows which runs are lost.
        catch_up: makes parameters current; counts the payload bytes that come down.
    """

    def __init__(self, connection: Connection, settings: Settings, backend: Backend) -> None:
        self.id = f"{socket.gethostname()}:{os.getpid()}"
        self.store = connection.open_store(self.id)
        self.store.agree_on_secret(connection.secret)
        self.dispatcher = Dispatcher(self.store.control)
        self.backend = backend
        self.heartbeat = Heartbeat(self.store, self.id, backend)
        self._data_dir: Path = settings.data_dir
        self.leases = LeaseHolder(self.store, self.id)
        self.pace = Pace()
        self.catch_up = CatchingUp(self.store)
        self.checkpoints = Checkpointing(self.store, settings.state_dir)
        self.restorer = Restorer(self.store, self.id, state_dir=settings.state_dir, data_dir=settings.data_dir)
        self._restorer_thread = PeriodicThread("restorer", RESTORER_SECONDS, self.restorer.tick)
        self._supervisor = Supervisor(self.store, self.dispatcher, self.id)
        self._supervisor_thread = PeriodicThread("supervisor", INTERVAL_SECONDS, self._supervisor.tick)
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._norms: dict[str, float] = {}
        self._aside: set[str] = set()

    def session(self, run: str) -> Session:
        """Return the session of a run; the least recently used one makes room."""
        session = self._sessions.get(run)
        if session is None:
            header = self.store.header(run)
            session = self._sessions[run] = Session(Plan(validate_job(header.job), self._data_dir), self.backend)
            while len(self._sessions) > SESSIONS_KEPT:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(run)
        return session

    def held(self, run: str) -> Session | None:
        """Return the session of a run if there is one."""
        return self._sessions.get(run)

    @contextmanager
    def at(self, task: Task, leases: Sequence[str]) -> Iterator[None]:
        """Renew the leases of a task, which are held already, and show the task, while the block runs."""
        with self.leases.renewing(task.run, task.step, leases), self.heartbeat.task(task.run, task.step, task.name):
            yield

    @property
    def leaving(self) -> bool:
        """Whether the process is to stop once it has done what it is at."""
        # An exit code of 0 asks for it, too.
        flags = (state.should_stop, state.should_terminate)
        return leaving.asked() or any(flag is not None and flag is not False for flag in flags)

    def typical_norm(self, run: str, norm: float | None = None) -> float | None:
        """Return by what the norms of a run's gradients are measured; ``norm`` becomes that if there is none yet."""
        if run not in self._norms or norm is not None:
            found = self.store.typical_norm(run, norm)
            if found is None:
                return None
            self._norms[run] = found
        return self._norms[run]

    def is_lost(self, run: str) -> bool:
        """Whether somebody could not read the current version of a run."""
        return run in self.restorer.lost

    def perform(self, run: str, step: int, name: str, body: Body) -> str:
        """Do one task and say what became of it.

        Trouble that passes (a server away, a version that moved on) ends the task; the supervisor sends it again. An
        error of the job itself fails the run with one line.
        """
        reach("received")
        started = time.monotonic()
        task = Task(run, step, name)
        try:
            self._write_again(run)
            outcome = body(self, task)
            if outcome == "banned":
                self.leave_banned()
        except VersionLostError as error:
            log.warning("run %s step %d %s: %s", run, step, task.name, error)
            self._report_lost(run)
            return "lost"
        except (RunNotFoundError, BlobMissingError, BlobCorruptError, BrokerError, SealError) as error:
            log.warning("run %s step %d %s: %s", run, step, task.name, error)
            return "lost"
        except ShardRefusedError as error:
            return refuse(self, task, error.shard, str(error), maker=error.worker, token=error.token)
        except (GridError, MathcoreError) as error:
            return self._give_up(task, str(error))
        except Exception as error:
            log.exception("run %s step %d %s", run, step, task.name)
            return self._give_up(task, f"{type(error).__name__}: {error}")
        log.info("run %s step %d %s: %s in %.3f s", run, step, task.name, outcome, time.monotonic() - started)
        return outcome

    def leave_banned(self) -> None:
        """Stop the process, which was banned: what it would pop from the queue is work for others."""
        log.critical("error: worker %s is banned, its results differ from those of others; see `grid status`", self.id)
        state.should_stop = EXIT_BANNED

    def stand_aside(self, run: str, only_class: str) -> None:
        """Say once that a run takes another equivalence class only, and leave its messages to others for a moment."""
        if run not in self._aside:
            self._aside.add(run)
            log.warning(
                "run %s: expected a worker of class %s as its first gradient, got %s, which takes no part; leave out "
                "--class-strict to let it", run, only_class, self.backend.equivalence_class,
            )  # fmt: skip
        time.sleep(ASIDE_SECONDS)

    def stop(self) -> None:
        """Stop the threads and take the worker off the list, if the server still answers."""
        self._supervisor_thread.stop()
        self._restorer_thread.stop()
        self.leases.stop()
        try:
            self._supervisor.resign()
            self.heartbeat.stop()
        except GridError as error:
            log.warning("stopping: %s", error)
            return
        self.checkpoints.leave(self._sessions, self.catch_up.to)

    def _write_again(self, run: str) -> None:
        """If the run's current version was lost and this process holds it, write a snapshot of it."""
        session = self._sessions.get(run)
        if not self.is_lost(run) or session is None or session.token is None:
            return
        token, step = session.token, session.step
        if self.store.header(run).token == token:
            self.store.write_snapshot(run, step, token, session.arrays())
            self.store.commit_snapshot(run, step, token)
            self.store.report_found(run, token)
            log.warning("run %s step %d: the parameters were lost, and are written again", run, step)

    def _report_lost(self, run: str) -> None:
        try:
            self.store.report_lost(run, self.store.header(run).token)
        except GridError as error:
            log.warning("run %s: %s", run, error)

    def _give_up(self, task: Task, message: str) -> str:
        """End a task that has failed for what it was about: one shard, or the whole run."""
        kind, _, shard = task.name.partition(":")
        if kind == "audit":
            log.error("run %s step %d %s: %s", task.run, task.step, task.name, message)
            return "lost"
        return refuse(self, task, int(shard), message) if kind == "gradient" and shard else self.fail(task, message)

    def fail(self, task: Task, message: str) -> str:
        """End the run of a task, which cannot be done, with one line."""
        log.error("run %s step %d %s failed: %s", task.run, task.step, task.name, message)
        self._sessions.pop(task.run, None)
        self.store.fail(task.run, f"step {task.step}, {task.name}: {message}")
        return "failed"
