"""Runs: created with their first version, listed, started, counted, deleted."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grid.errors import RunNotFoundError, StoreError
from grid.store import chunks, json_object, keys, manifest, scripts
from grid.store.base import fresh_token, run_key
from grid.store.manifest import Float32Array
from grid.store.records import JOB_LIMIT_BYTES, RunHeader, parse_record
from grid.store.recovery import RecoveryStore
from grid.store.resp import Part
from grid.store.snapshots import plan_of

log = logging.getLogger(__name__)

RUNS_KEPT = 200
SHARDS_LIMIT = 4096
CREATION_SECONDS = 3600
HISTORY_PAGE = 10_000


@dataclass(frozen=True)
class Beginning:
    """Where a run begins that has been computed in part before.

    Attributes:
        run: its id; ``None``: a new one.
        step: how many updates were made.
        phase: gradient, or evaluate if that version is still to be evaluated.
        history: the records so far.
        seconds: how long it ran.
        bytes_up: payload bytes that its gradients took.
        seeded: whether its first version is a function of the job.
    """

    run: str | None = None
    step: int = 0
    phase: str = "gradient"
    history: Sequence[Mapping[str, Any]] = ()
    seconds: float = 0.0
    bytes_up: int = 0
    seeded: bool = True


class RunStore(RecoveryStore):
    """Creates, lists and deletes runs."""

    def create_run(
        self,
        job: Mapping[str, Any],
        *,
        steps: int,
        shards: int,
        evaluation_shards: int,
        arrays: Mapping[str, Float32Array],
        beginning: Beginning | None = None,
    ) -> str:
        """Create a queued run and return its id, 12 hexadecimal digits.

        Args:
            job: the job, as JSON can hold it.
            steps: how many updates to make; with 0 the run is only evaluated.
            shards: parts of a batch.
            evaluation_shards: parts of an evaluation.
            arrays: the first version, name -> float32 (count,).
            beginning: where the run begins; default: at step 0, under a new id.
        Raises:
            StoreError: if a value cannot be stored.
            BlobsFullError: if the blob server has no room for the arrays.
        """
        if steps < 0 or not (1 <= shards <= SHARDS_LIMIT and 1 <= evaluation_shards <= SHARDS_LIMIT):
            raise StoreError(
                f"run: expected steps >= 0 and 1 to {SHARDS_LIMIT} shards of a batch and of an evaluation, "
                f"got {steps}, {shards}, {evaluation_shards}"
            )
        text = json_object.encode(job, what="job", limit_bytes=JOB_LIMIT_BYTES)
        begin = beginning or Beginning()
        run, token = begin.run or secrets.token_hex(6), fresh_token()
        checked = manifest.check_arrays(arrays)
        self._delete_oldest()
        # The chunks expire until the run is there: whoever dies in between leaves nothing behind.
        entries = self._write_chunks(run, token, checked, ttl_seconds=CREATION_SECONDS)
        fields: list[Part] = [
            "job", text, "state", "queued", "phase", begin.phase if steps else "evaluate", "step", begin.step,
            "steps", steps, "snapshot_step", begin.step, "ran", begin.seconds, "seeded", int(begin.seeded),
            "shards", shards, "evaluation_shards", evaluation_shards, "bytes_up", begin.bytes_up, "bytes_down", 0,
            "class_strict", int(job.get("class_strict") is True),
        ]
        plan = f'{{"step":{begin.step},"arrays":{plan_of(checked)}}}'
        self._write_history(run, begin.history)
        arguments: list[Part] = [run, token, plan, self._sealed_manifest(run, token, entries), *fields]
        self._run_script(scripts.CREATE_RUN, run, [keys.RUNS, keys.ACTIVE], arguments)
        for name, entry in entries.items():
            for key in chunks.chunk_keys(keys.blob(run, token, name), len(entry.digests)):
                self.blobs.call("PERSIST", key)
        return run

    def runs(self) -> list[RunHeader]:
        """Return all runs, newest first; one whose record is damaged is logged and left out."""
        headers = []
        for name in self.control.call("ZREVRANGE", keys.RUNS, 0, RUNS_KEPT - 1):
            try:
                headers.append(self.header(name.decode("ascii", "replace")))
            except (RunNotFoundError, StoreError) as error:
                log.warning("left out of the list of runs: %s", error)
        return headers

    def active_runs(self) -> list[str]:
        """Return the ids of the queued and running runs, oldest first."""
        return [name.decode("ascii", "replace") for name in self.control.call("ZRANGE", keys.ACTIVE, 0, -1)]

    def start(self, run: str) -> bool:
        """Make a queued run a running one; False if it was not queued."""
        return bool(self._run_script(scripts.START_RUN, run, [], [fresh_token()]) == b"accepted")

    def history(self, run: str, start: int = 0) -> list[dict[str, Any]]:
        """Return the records of steps and evaluations from the ``start``-th on.

        Raises:
            RunNotFoundError: if there is no such run.
            StoreError: if a record is malformed.
        """
        records = self._records(run, start)
        return [parse_record(data, what=f"run {run}: history") for data in records]

    def _records(self, run: str, start: int) -> list[bytes]:
        self.header(run)
        records: list[bytes] = []
        while True:
            first = start + len(records)
            page = self.control.call("LRANGE", keys.history(run), first, first + HISTORY_PAGE - 1)
            records += page
            if len(page) < HISTORY_PAGE:
                return records

    def progress(self, run: str) -> tuple[int, str, int]:
        """Return step, phase and how many shards of it are in: a marker that moves while the run does."""
        header = self.header(run)
        key = keys.evaluation(run, header.step) if header.phase == "evaluate" else keys.done(run, header.step)
        return header.step, header.phase, int(self.control.call("HLEN", key))

    def delete_run(self, run: str) -> bool:
        """Delete an ended run with all it holds; False if it has not ended."""
        if self.control.run_script(scripts.DELETE_RUN, [run_key(run), keys.RUNS, keys.KEPT], [run]) != b"accepted":
            return False
        self._sweep(run, keep=None)
        return True

    def _delete_oldest(self) -> None:
        for name in self.control.call("ZREVRANGE", keys.RUNS, RUNS_KEPT - 1, -1):
            self.delete_run(name.decode("ascii", "replace"))


