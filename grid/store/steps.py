"""Making a step: the compare-and-set that turns version v into v + 1, and what it makes superfluous."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from grid.errors import GridError, StoreError
from grid.store import keys, scripts, step_scripts
from grid.store.base import check_name, fresh_token
from grid.store.gradients import GradientStore
from grid.store.log import LogEntry, LogStore, parse_entry
from grid.store.payloads import Stored, parse_stored
from grid.store.records import ERROR_LIMIT_CHARACTERS, encode_record
from grid.store.resp import Part
from grid.store.snapshots import SnapshotStore
from grid.store.workers import WORKER_TTL_SECONDS

log = logging.getLogger(__name__)

# The last versions of older ended runs go, so that the blob server does not fill up with results of the past.
VERSIONS_KEPT = 10
SNAPSHOT_STEPS = 16
"""A worker that joins reads a snapshot and at most about so many log entries."""
LOG_KEPT = 4
"""Entries kept from before the last snapshot, for workers that are a little behind it."""


@dataclass(frozen=True)
class Gathered:
    """The answer to ``gather``.

    Attributes:
        outcome: ``granted``, ``early`` (shards are missing), ``refused`` (some had no sound record and are missing
            now), ``taken`` (another worker is at it), ``stale`` or ``banned``.
        token: names the version that the step starts from.
        entry: the log entry that made it, untrusted JSON; empty at step 0.
        started: when the run was started, seconds since 1970.
        records: of the gradients that count, by shard in shard order.
    """

    outcome: str
    token: str
    entry: bytes
    started: float
    records: dict[int, dict[str, Any]]

    def stored(self, shard: int) -> Stored:
        """Return the payload of a shard."""
        return parse_stored(self.records[shard], what=f"shard {shard}")


@dataclass(frozen=True)
class Made:
    """The answer to ``commit_step``: whether the version is in use, whether the run is over, and the live workers."""

    accepted: bool
    ended: bool = False
    workers: int = 1


class StepStore(SnapshotStore, GradientStore, LogStore):
    """Makes steps and ends runs."""

    def gather(self, run: str, step: int, shards: int, worker: str, *, lease_seconds: float) -> Gathered:
        """Begin to make a step: hold the lease ``apply`` and return what was committed, if all shards are in."""
        arguments: list[Part] = [step, check_name(worker, what="worker"), round(1000 * lease_seconds)]
        reply = self._run_script(step_scripts.GATHER, run, [], arguments)
        if reply[0] != b"granted":
            return Gathered(reply[0].decode("ascii"), "", b"", 0.0, {})
        what = f"run {run} step {step}"
        records = self.sound_shards(keys.done(run, step), reply[4:], shards=shards, what=what, check=_check_gradient)
        if len(records) < shards:
            self.release_apply(run, step)
            return Gathered("refused", "", b"", 0.0, {})
        return Gathered("granted", reply[1].decode("ascii", "replace"), reply[2], float(reply[3]), records)

    def release_apply(self, run: str, step: int) -> None:
        """Let go of what ``gather`` has taken."""
        self.control.call("HDEL", keys.leases(run, step), "apply")

    def commit_step(
        self, run: str, entry: LogEntry, record: Mapping[str, Any], *,
        evaluate: bool, snapshot: bool = False, up: int = 0, down: int = 0,
    ) -> Made:
        """Make the version ``entry.token`` the current one and the run's step ``entry.step + 1``, if all shards are in.

        The winner's entry joins the log and its record the history. A loser's encoded mean and snapshot are deleted.

        Args:
            run: the run.
            entry: what made the version.
            record: for the history.
            evaluate: whether the new version is evaluated before the next step.
            snapshot: whether its arrays have been written, too.
            up, down: bytes of payloads that making it has moved.
        """
        data = encode_record(record, what=f"run {run} step {entry.step}")
        phase = "evaluate" if evaluate else "gradient"
        arguments: list[Part] = [
            run, entry.step, entry.before, entry.token, self.encode_entry(run, entry), data, phase, up, down,
            int(snapshot), WORKER_TTL_SECONDS, LOG_KEPT,
        ]  # fmt: skip
        reply = self._run_script(
            step_scripts.COMMIT_STEP, run, [keys.ACTIVE, keys.KEPT, keys.WORKERS], arguments
        )
        if reply[0] != b"accepted":
            self.discard_mean(run, entry)
            if snapshot:
                self.discard_snapshot(run, entry.token)
            return Made(False)
        with _left_for_later(run):
            for number, old in zip(reply[3::2], reply[4::2], strict=True):
                self.discard_mean(run, parse_entry(run, int(number), old))
            if reply[1] == b"ended":
                self._clear_ended(run)
        return Made(True, reply[1] == b"ended", int(reply[2]))

    def clear_step(self, run: str, step: int, gathered: Gathered) -> None:
        """Delete the gradients that a step has used up."""
        with _left_for_later(run):
            self.discard_gradients(run, step, [(shard, gathered.stored(shard)) for shard in gathered.records])

    def _clear_ended(self, run: str) -> None:
        """Delete all of an ended run but snapshot and log, and those of the runs that ended long ago."""
        self._sweep(run, keep=self.header(run).snapshot, means=self._logged(run))
        for name in self.control.call("ZREVRANGE", keys.KEPT, VERSIONS_KEPT, -1):
            self._sweep(name.decode("ascii", "replace"), keep=None)
            self.control.call("ZREM", keys.KEPT, name)

    def cancel(self, run: str) -> bool:
        """End a run as cancelled; False if it has ended already."""
        return self._stop(run, "cancelled", "")

    def fail(self, run: str, message: str) -> bool:
        """End a run as failed, with the reason; False if it has ended already."""
        return self._stop(run, "failed", message)

    def conclude_evaluation(self, run: str, step: int, record: Mapping[str, Any]) -> bool:
        """Add the result of an evaluation to the history if all its shards are in; after the last step the run ends.

        Returns:
            True if this call did it; False if it was done before, or shards are missing.
        """
        data = encode_record(record, what=f"run {run} evaluation {step}")
        arguments: list[Part] = [run, step, data, fresh_token()]
        reply = self._run_script(scripts.CONCLUDE_EVALUATION, run, [keys.ACTIVE, keys.KEPT], arguments)
        if reply[0] != b"accepted":
            return False
        if reply[1] == b"ended":
            with _left_for_later(run):
                self._clear_ended(run)
        return True

    def _stop(self, run: str, state: str, message: str) -> bool:
        arguments: list[Part] = [run, fresh_token(), state, message[:ERROR_LIMIT_CHARACTERS]]
        outcome = self._run_script(scripts.STOP_RUN, run, [keys.ACTIVE, keys.KEPT], arguments)
        if outcome != b"accepted":
            return False
        with _left_for_later(run):
            self._clear_ended(run)
        return True


def _check_gradient(record: Mapping[str, Any], what: str) -> None:
    """Raise StoreError unless a record says of a gradient what a step needs."""
    parse_stored(record, what=what)
    loss, examples = record.get("loss"), record.get("examples")
    sound = isinstance(loss, float) and type(examples) is int and examples > 0
    if not sound or not isinstance(record.get("class"), str) or not isinstance(record.get("worker"), str):
        raise StoreError(f"{what}: expected loss, examples, class and worker, got {str(record)[:200]}")


@contextmanager
def _left_for_later(run: str) -> Iterator[None]:
    """Log trouble with clearing up: what was decided stands, and later steps and runs clear up what is left."""
    try:
        yield
    except GridError as error:
        log.warning("run %s: could not clear up: %s", run, error)


