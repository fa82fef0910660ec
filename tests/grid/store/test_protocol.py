"""The step protocol against a plain model of it: any order of commits, repeats, stops and deaths, on real servers.

After every move the run must be exactly what the model says, its history must have each step and evaluation once, and
the blob server must hold what the model still needs and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from grid.errors import BlobMissingError
from grid.store import Commit, Store

STEPS, SHARDS, EVALUATION_SHARDS = 3, 2, 2

# Which move comes next, the likely ones several times, so that most runs get somewhere.
MOVES = [
    *["start"] * 3, *["commit_gradient"] * 3, "commit_a_gradient_again_because_the_reply_was_lost",
    "die_before_committing_a_gradient", "lose_the_bytes_of_a_gradient", *["make_a_whole_step"] * 3,
    *["commit_step"] * 2, "commit_a_step_again", "commit_evaluation", *["make_a_whole_evaluation"] * 3,
    "conclude_evaluation", "stop",
]


@dataclass(frozen=True)
class Draw:
    """The details of a move: a shard, how far its step is from the run's, and whatever else must be chosen."""

    shard: int
    offset: int
    choice: int
    flag: bool


draws = st.builds(
    Draw, st.integers(0, SHARDS - 1), st.sampled_from([0, 0, 0, 0, -1, 1]), st.integers(0, 999), st.booleans()
)


@dataclass
class Model:
    """What a run is, in plain words."""

    token: str
    state: str = "queued"
    phase: str = "gradient"
    step: int = 0
    previous: str | None = None
    done: dict[int, str] = field(default_factory=dict)
    results: dict[int, int] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    def outcome(self, phase: str, step: int, shard: int, value: object) -> Commit:
        """Return what a commit must answer, and take it if it is the first."""
        if (self.state, self.phase, self.step) != ("running", phase, step):
            return Commit.STALE
        taken: dict[int, Any] = self.done if phase == "gradient" else self.results
        return Commit.ACCEPTED if taken.setdefault(shard, value) == value else Commit.DUPLICATE

    def make_step(self, step: int, token: str, record: dict[str, Any], *, evaluate: bool) -> bool:
        if (self.state, self.phase, self.step) != ("running", "gradient", step) or len(self.done) < SHARDS:
            return False
        self.history.append(record)
        self.step, self.previous, self.token, self.done = step + 1, self.token, token, {}
        self.phase = "evaluate" if evaluate else "gradient"
        if not evaluate and self.step == STEPS:
            self.end("finished")
        return True

    def conclude(self, step: int, record: dict[str, Any]) -> bool:
        if (self.state, self.phase, self.step) != ("running", "evaluate", step):
            return False
        if len(self.results) < EVALUATION_SHARDS:
            return False
        self.history.append(record)
        self.phase, self.results = "gradient", {}
        if self.step == STEPS:
            self.end("finished")
        return True

    def end(self, state: str) -> None:
        self.state, self.done, self.results = state, {}, {}


class Protocol(RuleBasedStateMachine):
    """Moves that workers, supervisors and users make, in any order."""

    store: Store

    @initialize()
    def create(self) -> None:
        arrays = {"parameters": np.zeros(2, np.float32)}
        self.run = self.store.create_run(
            {}, steps=STEPS, shards=SHARDS, evaluation_shards=EVALUATION_SHARDS, arrays=arrays
        )
        self.model = Model(self.store.header(self.run).token)
        self.gradients: list[tuple[int, int, str]] = []
        self.versions: list[tuple[int, str, bool]] = []
        self.expiring: set[str] = set()

    @rule(name=st.sampled_from(MOVES), draw=draws)
    def move(self, name: str, draw: Draw) -> None:
        getattr(self, name)(draw)

    def start(self, draw: Draw) -> None:
        assert self.store.start(self.run) == (self.model.state == "queued")
        if self.model.state == "queued":
            self.model.state = "running"

    def commit_gradient(self, draw: Draw) -> None:
        step = max(0, self.model.step + draw.offset)
        token = self.store.put_gradient(self.run, step, draw.shard, b"payload")
        if self._commit_gradient(step, draw.shard, token) is Commit.ACCEPTED:
            self.gradients.append((step, draw.shard, token))

    def commit_a_gradient_again_because_the_reply_was_lost(self, draw: Draw) -> None:
        if self.gradients:
            self._commit_gradient(*self.gradients[draw.choice % len(self.gradients)])

    def die_before_committing_a_gradient(self, draw: Draw) -> None:
        self.expiring.add(self.store.put_gradient(self.run, self.model.step, draw.shard, b"payload"))

    def lose_the_bytes_of_a_gradient(self, draw: Draw) -> None:
        if draw.shard in self.model.done:
            token = self.model.done.pop(draw.shard)
            self.store.discard_gradient(self.run, self.model.step, draw.shard, token)
            with pytest.raises(BlobMissingError):
                self.store.get_gradient(self.run, self.model.step, draw.shard, token)
            self.gradients = [given for given in self.gradients if given[2] != token]

    def make_a_whole_step(self, draw: Draw) -> None:
        for shard in range(SHARDS):
            self.commit_gradient(replace(draw, shard=shard, offset=0))
        self.commit_step(replace(draw, offset=0))

    def commit_step(self, draw: Draw) -> None:
        step = max(0, self.model.step + draw.offset)
        token = self.store.write_version(self.run, {"parameters": np.full(2, step, np.float32)})
        self.versions.append((step, token, draw.flag))
        record = {"kind": "step", "step": step + 1, "token": token}
        expected = self.model.make_step(step, token, record, evaluate=draw.flag)
        assert self.store.commit_step(self.run, step, token, record, evaluate=draw.flag) == expected

    def commit_a_step_again(self, draw: Draw) -> None:
        if self.versions:
            step, token, evaluate = self.versions[draw.choice % len(self.versions)]
            expected = token in (self.model.token, self.model.previous)
            record = {"kind": "step", "step": step + 1, "token": token}
            assert self.store.commit_step(self.run, step, token, record, evaluate=evaluate) == expected

    def make_a_whole_evaluation(self, draw: Draw) -> None:
        for shard in range(EVALUATION_SHARDS):
            self.commit_evaluation(replace(draw, shard=shard, offset=0))
        self.conclude_evaluation(replace(draw, offset=0))

    def commit_evaluation(self, draw: Draw) -> None:
        step, correct = max(0, self.model.step + draw.offset), draw.choice % 3
        expected = self.model.outcome("evaluate", step, draw.shard, correct)
        assert self.store.commit_evaluation(self.run, step, draw.shard, {"correct": correct}) is expected

    def conclude_evaluation(self, draw: Draw) -> None:
        step = max(0, self.model.step + draw.offset)
        record = {"kind": "evaluation", "step": step}
        assert self.store.conclude_evaluation(self.run, step, record) == self.model.conclude(step, record)

    def stop(self, draw: Draw) -> None:
        # One in ten of these, so that most runs live long enough to be interesting.
        if draw.choice % 10 == 5:
            active = self.model.state in ("queued", "running")
            stopped = self.store.cancel(self.run) if draw.flag else self.store.fail(self.run, "why")
            assert stopped == active
            if active:
                self.model.end("cancelled" if draw.flag else "failed")

    @invariant()
    def the_run_is_what_the_model_says(self) -> None:
        header, model = self.store.header(self.run), self.model
        assert (header.state, header.phase, header.step) == (model.state, model.phase, model.step)
        assert (header.token, header.previous) == (model.token, model.previous)
        assert self.store.history(self.run) == model.history
        committed = self.store.committed(self.run, model.step)
        assert {shard: record["token"] for shard, record in committed.items()} == model.done
        results = self.store.evaluations(self.run, model.step)
        assert {shard: record["correct"] for shard, record in results.items()} == model.results
        assert (self.run in self.store.active_runs()) == (model.state in ("queued", "running"))

    @invariant()
    def the_blobs_are_those_that_are_needed(self) -> None:
        model = self.model
        ended = model.state not in ("queued", "running")
        versions = {key.split(":")[3] for key in self.store.blobs.keys_of(f"run:{self.run}:blob:")}
        assert versions == ({model.token} if ended else {model.token, model.previous} - {None})
        assert self.store.read_array(self.run, model.token, "parameters").size == 2
        gradients = {key.split(":")[5] for key in self.store.blobs.keys_of(f"run:{self.run}:gradient:")}
        assert gradients - self.expiring == set(model.done.values())

    def teardown(self) -> None:
        if hasattr(self, "run"):
            self.store.cancel(self.run)
            self.store.delete_run(self.run)

    def _commit_gradient(self, step: int, shard: int, token: str) -> Commit:
        expected = self.model.outcome("gradient", step, shard, token)
        assert self.store.commit_gradient(self.run, step, shard, token, {"loss": 0.5}) is expected
        return expected


def test_any_order_of_moves_gives_what_the_model_says(store: Store) -> None:
    bound = type("Bound", (Protocol,), {"store": store})
    run_state_machine_as_test(
        bound,
        settings=settings(
            max_examples=50, stateful_step_count=30, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
