"""Making a step: the compare-and-set that turns version v into v + 1, and what it makes superfluous."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from grid.errors import GridError
from grid.store import keys, scripts
from grid.store.base import check_token, fresh_token
from grid.store.control_server import Part
from grid.store.gradients import GradientStore
from grid.store.records import ERROR_LIMIT_CHARACTERS, encode_record, parse_record
from grid.store.versions import VersionStore

log = logging.getLogger(__name__)

# The last versions of older ended runs go, so that the blob server does not fill up with results of the past.
VERSIONS_KEPT = 10


class StepStore(VersionStore, GradientStore):
    """Makes steps and ends runs."""

    def commit_step(self, run: str, step: int, token: str, record: Mapping[str, Any], *, evaluate: bool) -> bool:
        """Make the version ``token`` the current one and the run's step ``step + 1``, if all shards are in.

        The winner's record joins the history; the gradients and the version two back are deleted. A loser's version is
        deleted.

        Args:
            run: the run.
            step: the step that the version was made from.
            token: names the version.
            record: for the history.
            evaluate: whether the new version is evaluated before the next step.
        Returns:
            True if the version is in use now, also when called again; False if another one is, or shards are missing.
        """
        data = encode_record(record, what=f"run {run} step {step}")
        phase = "evaluate" if evaluate else "gradient"
        arguments: list[Part] = [run, step, check_token(token), data, phase]
        reply = self._run_script(scripts.COMMIT_STEP, run, [keys.ACTIVE, keys.KEPT], arguments)
        if reply[0] != b"accepted":
            self.discard_version(run, token)
            return False
        with _left_for_later(run):
            self._clear_step(run, step, reply[2:])
            if reply[1] == b"ended":
                self._clear_ended(run)
        return True

    def _clear_step(self, run: str, step: int, garbage: list[bytes]) -> None:
        """Delete what a step has used up: shards and records of gradients, ``versions``, tokens of versions."""
        split = garbage.index(b"versions")
        for shard, data in zip(garbage[:split:2], garbage[1:split:2], strict=True):
            record = parse_record(data, what=f"run {run} step {step}")
            self.discard_gradient(run, step, int(shard), str(record.get("token")))
        for token in garbage[split + 1 :]:
            self.discard_version(run, token.decode("ascii", "replace"))

    def _clear_ended(self, run: str) -> None:
        """Delete all of an ended run but its last version, and the last versions of the runs that ended long ago."""
        self._sweep(run, keep=self.header(run).token)
        for name in self.control.execute("ZREVRANGE", keys.KEPT, VERSIONS_KEPT, -1):
            self._sweep(name.decode("ascii", "replace"), keep=None)
            self.control.execute("ZREM", keys.KEPT, name)

    def cancel(self, run: str) -> bool:
        """End a queued or running run as cancelled; False if it has ended already."""
        return self._stop(run, "cancelled", "")

    def fail(self, run: str, message: str) -> bool:
        """End a queued or running run as failed, with the reason; False if it has ended already."""
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


@contextmanager
def _left_for_later(run: str) -> Iterator[None]:
    """Log trouble with clearing up: what was decided stands, and later steps and runs clear up what is left."""
    try:
        yield
    except GridError as error:
        log.warning("run %s: could not clear up: %s", run, error)


