"""Makes good the loss of a run's parameters: the blob server was restarted or emptied, or everything was.

Whoever finds that the current version cannot be read tells so. A worker that still holds it writes a snapshot of it
again. If nobody has for 3 s, the run is set back to the newest checkpoint file that anybody has, or to step 0, where
the parameters are a function of the seed; from there it comes to the same bits.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grid.checkpoint import Checkpoint
from grid.errors import CheckpointError, GridError
from grid.job import Job, validate_job
from grid.records import evaluated, evaluation_due, history_until
from grid.run_folder import RunFolder
from grid.session import Plan
from grid.store import Store
from mathcore.errors import MathcoreError

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.5


@dataclass(frozen=True)
class Start:
    """What a run can go on from.

    Attributes:
        step: how many updates were made.
        phase: gradient, or evaluate if the parameters are still to be evaluated.
        arrays: parameter vector and optimizer state.
        history: the records so far.
    """

    step: int
    phase: str
    arrays: dict[str, np.ndarray]
    history: list[dict[str, Any]]


def start_from(plan: Plan, checkpoint: Checkpoint | None) -> Start:
    """Return where a run goes on from a checkpoint, or without one its beginning.

    Raises:
        CheckpointError: if the checkpoint is of another network or optimizer.
    """
    job = plan.job
    if checkpoint is None:
        return Start(0, "gradient" if job.steps else "evaluate", plan.initial_arrays(), [])
    layout, step = plan.network.layout, checkpoint.step
    size = plan.state_size
    if checkpoint.optimizer.shape != (size,):
        raise CheckpointError(
            f"checkpoint: expected an optimizer state of {size} elements as {job.optimizer} with "
            f"{job.local_steps} local steps has, "
            f"got {checkpoint.optimizer.shape}"
        )
    arrays = {"parameters": checkpoint.parameter_vector(layout), "optimizer": checkpoint.optimizer}
    history = history_until(checkpoint.history, step)
    if step >= job.steps:  # the run ends with this evaluation, so it is made again
        history = [record for record in history if record["kind"] == "step" or record["step"] < step]
    due = step > 0 and evaluation_due(job.evaluate_every, step, job.steps) and not evaluated(history, step)
    return Start(step, "evaluate" if due else "gradient", arrays, history)


class Restorer:
    """Looks for lost runs in one process; ``tick`` is called by a thread.

    Attributes:
        lost: the runs whose current version somebody could not read. Who holds it writes it again.
    """

    def __init__(self, store: Store, holder: str, *, state_dir: Path, data_dir: Path) -> None:
        self._store = store
        self._holder = holder
        self._state_dir = state_dir
        self._data_dir = data_dir
        self.lost: frozenset[str] = frozenset()

    def tick(self) -> None:
        """Look at every lost run once, and set back those that nobody has any more."""
        self.lost = frozenset(self._store.lost_runs())
        for run in self.lost:
            try:
                self._look(run)
            except (GridError, MathcoreError) as error:  # another process may be able to
                log.warning("run %s cannot be restored here: %s", run, error)

    def _look(self, run: str) -> None:
        steps = RunFolder(self._state_dir, run).steps()
        outcome, token = self._store.offer(run, self._holder, max(steps, default=0))
        if outcome == "over" or (outcome == "taken" and self._restore(run, token)):
            self.lost -= {run}

    def _restore(self, run: str, token: str) -> bool:
        """Set a run back; False if it has moved on meanwhile."""
        header = self._store.header(run)
        job = validate_job(header.job)
        checkpoint = self._checkpoint(run, job)
        if checkpoint is None and not header.seeded:
            raise CheckpointError("expected a checkpoint, since it did not begin with parameters of its seed, got none")
        start = start_from(Plan(job, self._data_dir), checkpoint)
        kept = history_until(self._store.history(run), start.step)[: len(start.history)]
        done = self._store.restore(
            run, token, start.arrays, step=start.step, phase=start.phase,
            kept=len(kept), records=start.history[len(kept) :],
        )
        if done:
            log.warning("run %s: its parameters were lost; it goes on from step %d", run, start.step)
        return done

    def _checkpoint(self, run: str, job: Job) -> Checkpoint | None:
        found = RunFolder(self._state_dir, run).newest()
        return found if found is not None and found.job == job else None
