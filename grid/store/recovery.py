"""Runs whose current version is gone from the blob server: the loss is told, and the version is found or replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grid.errors import StoreError
from grid.store import keys, recovery_scripts
from grid.store.base import check_name, check_token, fresh_token, run_key
from grid.store.manifest import Float32Array
from grid.store.records import encode_record
from grid.store.resp import Part
from grid.store.steps import StepStore

WAIT_SECONDS = 3.0
"""So long everybody has the time to say that he still holds a version that is lost."""
RECORDS_AT_ONCE = 1000


class RecoveryStore(StepStore):
    """Tells of losses, and makes them good."""

    def report_lost(self, run: str, token: str) -> bool:
        """Tell that the current version of a run cannot be read; False if it is not the current one."""
        return bool(
            self._run_script(recovery_scripts.REPORT_LOST, run, [keys.LOST], [run, check_token(token)]) == b"accepted"
        )

    def report_found(self, run: str, token: str) -> None:
        """Tell that a version that was lost has been written again."""
        self._run_script(recovery_scripts.REPORT_FOUND, run, [keys.LOST], [run, check_token(token)])

    def lost_runs(self) -> list[str]:
        """Return the ids of the runs of which a loss was told."""
        return [name.decode("ascii", "replace") for name in self.control.call("ZRANGE", keys.LOST, 0, -1)]

    def offer(self, run: str, holder: str, step: int) -> tuple[str, str]:
        """Offer to set a run back to a step.

        Returns:
            ``over`` if it is not lost any more; ``wait``; or ``taken`` and the token that is lost: the holder is to
            restore the run now.
        """
        arguments: list[Part] = [run, check_name(holder, what="holder"), step, round(1000 * WAIT_SECONDS)]
        reply = self._run_script(recovery_scripts.OFFER, run, [keys.LOST], arguments)
        return reply[0].decode("ascii"), reply[1].decode("ascii", "replace") if len(reply) > 1 else ""

    def has_snapshot(self, run: str) -> bool:
        """Return whether the last snapshot of a run is still on the blob server, as far as its first chunk tells."""
        first = keys.chunk(keys.blob(run, self.header(run).snapshot, "parameters"), 0)
        return bool(self.blobs.call("EXISTS", first))

    def restore(
        self, run: str, lost: str, arrays: Mapping[str, Float32Array], *,
        step: int, phase: str, kept: int, records: Sequence[Mapping[str, Any]],
    ) -> bool:
        """Make arrays the current version of a run.

        Args:
            run: the run.
            lost: token of the version that is lost.
            arrays: name -> float32 (count,), after ``step`` updates.
            step: where the run is to go on.
            phase: gradient, or evaluate if that version is still to be evaluated.
            kept: how many records of the history stay.
            records: those that follow.
        Returns:
            False if the run has moved on, or is over.
        """
        token = fresh_token()
        left = [key for prefix in keys.blob_prefixes(run) for key in self.blobs.keys_of(prefix)]
        self.write_snapshot(run, step, token, arrays)
        data: list[Part] = [encode_record(record, what=f"run {run}: history") for record in records]
        arguments: list[Part] = [run, check_token(lost), token, step, phase, kept, *data]
        outcome = self._run_script(recovery_scripts.RESTORE_RUN, run, [keys.LOST], arguments)
        if outcome != b"accepted":
            self.discard_snapshot(run, token)
            return False
        self.blobs.unlink(left)
        for name in self.control.call("HKEYS", keys.versions(run)):
            self.discard_snapshot(run, name.decode("ascii", "replace"))
        return True

    def _write_history(self, run: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Write the history of a run that is about to be created."""
        run_key(run)
        data = [encode_record(record, what=f"run {run}: history") for record in records]
        for first in range(0, len(data), RECORDS_AT_ONCE):
            part: list[Part] = [first, *data[first : first + RECORDS_AT_ONCE]]
            if self.control.run_script(recovery_scripts.WRITE_HISTORY, [keys.history(run)], part) != b"accepted":
                raise StoreError(f"run {run}: its history could not be written")
