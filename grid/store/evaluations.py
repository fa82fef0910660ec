"""Results of an evaluation: one record a shard, the first writer's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grid.store import keys, scripts
from grid.store.base import StoreBase, as_list, commit_outcome
from grid.store.control_server import Part
from grid.store.records import Commit, encode_record, parse_shards


class EvaluationStore(StoreBase):
    """Commits and reads evaluation results."""

    def commit_evaluation(self, run: str, step: int, shard: int, record: Mapping[str, Any]) -> Commit:
        """Let a result count for its shard unless another one does already; outcomes as for a gradient."""
        data = encode_record(record, what=f"run {run} evaluation {step} shard {shard}")
        arguments: list[Part] = ["evaluate", step, shard, data, "evaluation_shards", "evaluation"]
        return commit_outcome(self._run_script(scripts.COMMIT_SHARD, run, [], arguments), shard)

    def evaluations(self, run: str, step: int) -> dict[int, dict[str, Any]]:
        """Return the results in, by shard in shard order; empty once the evaluation is concluded."""
        shards = self.header(run).evaluation_shards
        reply = as_list(self.control.execute("HGETALL", keys.evaluation(run, step)))
        return parse_shards(reply, shards=shards, what=f"run {run} evaluation {step}")
