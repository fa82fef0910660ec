"""Writes checkpoint files of runs on the grid, in the background, so that a step does not wait for the disk."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from grid.checkpoint import Checkpoint, by_name
from grid.errors import GridError
from grid.records import history_until
from grid.run_folder import RunFolder
from grid.session import Session
from grid.store import Store

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 30.0
SHARE = 0.05
"""Writing may take so much of the time: after a file that took 3 s the next one comes no sooner than a minute later."""
LEAVE_SECONDS = 8.0


class Checkpointing:
    """The files that one process writes, one at a time."""

    def __init__(self, store: Store, state_dir: Path) -> None:
        self._store = store
        self._state_dir = state_dir
        self._thread: threading.Thread | None = None
        self._since: dict[str, float] = {}
        self._pause = INTERVAL_SECONDS

    def due(self, run: str, session: Session) -> bool:
        """Tell whether the version of the session is to be saved.

        That is every ``checkpoint_every`` steps of the job; without it when nobody on this machine has saved for half
        a minute; and at the end.
        """
        job, step = session.job, session.step
        if step >= job.steps or job.checkpoint_every:
            return step >= job.steps or step % job.checkpoint_every == 0
        now = time.monotonic()
        if now - self._since.setdefault(run, now) < self._pause:
            return False
        age = RunFolder(self._state_dir, run).age_seconds()
        if age is not None and age < self._pause:
            self._since[run] = now - age
            return False
        return True

    def save(self, run: str, session: Session) -> None:
        """Write the version of the session; not if the file before is still being written."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._since[run] = time.monotonic()
        step, arrays = session.step, session.arrays()
        self._thread = threading.Thread(
            target=self._write, args=(run, session, step, arrays), name="checkpoint", daemon=True
        )
        self._thread.start()

    def leave(self, sessions: Mapping[str, Session], catch_up: Callable[[Session, str, str], None]) -> None:
        """Finish the file at hand, and save the runs that are not over, so that nothing is lost if all leave.

        Args:
            sessions: run -> session; made current if need be.
            catch_up: makes a session that of a run's version, given session, run and token.
        """
        if self._thread is not None:
            self._thread.join(LEAVE_SECONDS)
        for run, session in sessions.items():
            try:
                header = self._store.header(run)
                if header.finished is None and header.step > max(RunFolder(self._state_dir, run).steps(), default=0):
                    catch_up(session, run, header.token)
                    self._write(run, session, session.step, session.arrays())
            except GridError as error:
                log.warning("run %s: not saved: %s", run, error)

    def _write(self, run: str, session: Session, step: int, arrays: dict[str, np.ndarray]) -> None:
        started = time.monotonic()
        try:
            history = history_until(self._store.history(run), step)
            checkpoint = Checkpoint(
                session.job, step, by_name(arrays["parameters"], session.plan.network.layout), arrays["optimizer"],
                history, self._store.header(run).bytes_up,
            )
            RunFolder(self._state_dir, run).write(checkpoint)
        except GridError as error:
            log.warning("run %s step %d: not saved: %s", run, step, error)
        self._pause = max(INTERVAL_SECONDS, (time.monotonic() - started) / SHARE)
