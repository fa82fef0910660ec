"""Results of an evaluation: one record a shard, the first writer's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grid.errors import StoreError
from grid.store import keys, scripts
from grid.store.base import commit_outcome
from grid.store.records import Commit, encode_record
from grid.store.resp import Part
from grid.store.sound_records import SoundRecords

SCORE = ("loss_sum", "correct", "examples")


class EvaluationStore(SoundRecords):
    """Commits and reads evaluation results."""

    def commit_evaluation(self, run: str, step: int, shard: int, record: Mapping[str, Any]) -> Commit:
        """Let a result count for its shard unless another one does already; outcomes as for a gradient."""
        what = f"run {run} evaluation {step} shard {shard}"
        data = encode_record(self.seals.seal(record, context=what), what=what)
        arguments: list[Part] = ["evaluate", step, shard, data, "evaluation_shards", "evaluation"]
        return commit_outcome(self._run_script(scripts.COMMIT_SHARD, run, [], arguments), shard)

    def evaluations(self, run: str, step: int) -> dict[int, dict[str, Any]]:
        """Return the results in, by shard in shard order; empty once the evaluation is concluded."""
        shards = self.header(run).evaluation_shards
        reply = self.control.call("HGETALL", keys.evaluation(run, step))
        key, what = keys.evaluation(run, step), f"run {run} evaluation {step}"
        records = self.sound_shards(key, reply, shards=shards, what=what, check=_check_score)
        return {shard: {name: record[name] for name in SCORE} for shard, record in records.items()}


def _check_score(record: Mapping[str, Any], what: str) -> None:
    """Raise StoreError unless a record holds a score."""
    if type(record.get("loss_sum")) is not float or not all(type(record.get(name)) is int for name in SCORE[1:]):
        raise StoreError(f"{what}: expected {', '.join(SCORE)}, got {str(record)[:200]}")
