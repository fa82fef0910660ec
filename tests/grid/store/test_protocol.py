"""The step protocol against a plain model of it: any order of claims, commits, repeats, stops and deaths, on real
servers.

After every move the run must be exactly what the model says, its history must have each step and evaluation once,
snapshot and log must lead to its version, and the blob server must hold what the model still needs and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from grid.errors import BlobMissingError
from grid.store import Commit, Finished, LogEntry, Store, steps
from tests.grid.store.protocol_model import EVALUATION_SHARDS, LOG_KEPT, SHARDS, STEPS, Model
from tests.step_moves import finished, new_entry, tokens_held

ARRAYS = {"parameters": np.zeros(2, np.float32)}
# So long that nothing is late or slow while the test runs, and that each claim is granted one shard.
SHARD_SECONDS = 3600.0
LEASE_SECONDS = 3600.0

# Which move comes next, the likely ones several times, so that most runs get somewhere.
MOVES = [
    *["start"] * 3, *["claim"] * 3, "claim_and_die", "let_go", *["commit_gradient"] * 3,
    "commit_a_gradient_again_because_the_reply_was_lost", "die_before_committing_a_gradient",
    "lose_the_bytes_of_a_gradient", "gather", *["make_a_whole_step"] * 6, *["commit_step"] * 2, "commit_a_step_again",
    "die_before_committing_a_step", "sweep_log", "write_snapshot", *["commit_snapshot"] * 2, "commit_evaluation",
    *["make_a_whole_evaluation"] * 3, "conclude_evaluation", "stop",
]  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """The details of a move: a shard, how far its step is from the run's, a worker, and what else must be chosen."""

    shard: int
    offset: int
    worker: str
    choice: int
    flag: bool


draws = st.builds(
    Draw, st.integers(0, SHARDS - 1), st.sampled_from([0, 0, 0, 0, -1, 1]), st.sampled_from(["host:1", "host:2"]),
    st.integers(0, 999), st.booleans(),
)  # fmt: skip


class Protocol(RuleBasedStateMachine):
    """Moves that workers, supervisors and users make, in any order."""

    store: Store

    @initialize()
    def create(self) -> None:
        self.run = self.store.create_run(
            {}, steps=STEPS, shards=SHARDS, evaluation_shards=EVALUATION_SHARDS, arrays=ARRAYS
        )
        token = self.store.header(self.run).token
        self.model = Model(token, token, snapshots={token: 0})
        self.gradients: list[tuple[int, Finished]] = []
        self.made: list[tuple[LogEntry, bool, bool]] = []
        self.expiring: set[str] = set()
        self.orphans: dict[str, int] = {}

    @rule(name=st.sampled_from(MOVES), draw=draws)
    def move(self, name: str, draw: Draw) -> None:
        getattr(self, name)(draw)

    def start(self, draw: Draw) -> None:
        assert self.store.start(self.run) == (self.model.state == "queued")
        if self.model.state == "queued":
            self.model.state = "running"

    def claim(self, draw: Draw) -> None:
        self._claim(self._step(draw), draw.worker)

    def claim_and_die(self, draw: Draw) -> None:
        self._claim(self._step(draw), draw.worker, dies=True)

    def let_go(self, draw: Draw) -> None:
        if self.model.leases:
            name = sorted(self.model.leases)[draw.choice % len(self.model.leases)]
            self.store.release_lease(self.run, self.model.step, name)
            del self.model.leases[name]

    def commit_gradient(self, draw: Draw) -> None:
        step = self._step(draw)
        one = finished(self.store, self.run, step, draw.shard)
        if self._claim(step, draw.worker, one, dies=draw.flag) is Commit.ACCEPTED:
            self.gradients.append((step, one))

    def commit_a_gradient_again_because_the_reply_was_lost(self, draw: Draw) -> None:
        if self.gradients:
            step, one = self.gradients[draw.choice % len(self.gradients)]
            self._claim(step, draw.worker, one)

    def die_before_committing_a_gradient(self, draw: Draw) -> None:
        self.expiring.add(finished(self.store, self.run, self.model.step, draw.shard).stored.token)

    def lose_the_bytes_of_a_gradient(self, draw: Draw) -> None:
        if draw.shard in self.model.done:
            token = self.model.done.pop(draw.shard)
            (lost,) = (one for _, one in self.gradients if one.stored.token == token)
            self.store.discard_gradients(self.run, self.model.step, [(draw.shard, lost.stored)])
            with pytest.raises(BlobMissingError):
                self.store.get_gradient(self.run, self.model.step, draw.shard, lost.stored)
            self.gradients = [given for given in self.gradients if given[1] is not lost]

    def gather(self, draw: Draw) -> None:
        step = self._step(draw)
        expected = self.model.gather(step, draw.worker if draw.flag else "", draw.worker)
        gathered = self.store.gather(
            self.run, step, SHARDS, draw.worker, lease_seconds=LEASE_SECONDS if draw.flag else 0.0
        )
        assert gathered.outcome == expected
        if expected == "granted":
            assert gathered.token == self.model.token
            assert {shard: gathered.stored(shard).token for shard in gathered.records} == self.model.done

    def make_a_whole_step(self, draw: Draw) -> None:
        for shard in range(SHARDS):
            self.commit_gradient(replace(draw, shard=shard, offset=0))
        self.commit_step(replace(draw, offset=0, choice=1))

    def commit_step(self, draw: Draw) -> None:
        step, model = self._step(draw), self.model
        used = [(shard, one.stored) for _, one in self.gradients for shard, token in model.done.items()
                if one.stored.token == token]  # fmt: skip
        entry = new_entry(self.store, self.run, step, before="0" * 16 if draw.choice % 5 == 0 else model.token)
        snapshot = draw.choice % 3 == 0 or step + 1 >= STEPS
        if snapshot:
            self._write_snapshot(step + 1, entry.token)
        if self._commit_step(entry, evaluate=draw.flag, snapshot=snapshot):
            self.made.append((entry, draw.flag, snapshot))
            if draw.choice % 2:
                self.store.discard_gradients(self.run, step, used)
            else:
                self.expiring |= {stored.token for _, stored in used}

    def commit_a_step_again(self, draw: Draw) -> None:
        if self.made:
            entry, evaluate, snapshot = self.made[draw.choice % len(self.made)]
            self._commit_step(entry, evaluate=evaluate, snapshot=snapshot)

    def die_before_committing_a_step(self, draw: Draw) -> None:
        if self.model.state in ("queued", "running"):
            step = self._step(draw)
            self.orphans[new_entry(self.store, self.run, step, before="0" * 16).token] = step

    def sweep_log(self, draw: Draw) -> None:
        self.store.sweep_log(self.run)
        self.orphans = {token: step for token, step in self.orphans.items() if step >= self.model.step}

    def write_snapshot(self, draw: Draw) -> None:
        if self.model.state == "running":
            self._write_snapshot(self.model.step, self.model.token)

    def commit_snapshot(self, draw: Draw) -> None:
        known = [(step + 1, token) for step, token in self.model.log.items()]
        known += [(step, token) for token, step in self.model.snapshots.items()]
        step, token = sorted(known)[draw.choice % len(known)]
        assert self.store.commit_snapshot(self.run, step, token) == self.model.commit_snapshot(step, token)

    def make_a_whole_evaluation(self, draw: Draw) -> None:
        for shard in range(EVALUATION_SHARDS):
            self.commit_evaluation(replace(draw, shard=shard, offset=0))
        self.conclude_evaluation(replace(draw, offset=0))

    def commit_evaluation(self, draw: Draw) -> None:
        step, shard, correct = self._step(draw), draw.shard % EVALUATION_SHARDS, draw.choice % 3
        expected = Commit.STALE
        if self.model.is_at("evaluate", step):
            first = self.model.results.setdefault(shard, correct)
            expected = Commit.ACCEPTED if first == correct else Commit.DUPLICATE
        score = {"loss_sum": 0.5, "correct": correct, "examples": 2}
        assert self.store.commit_evaluation(self.run, step, shard, score) is expected

    def conclude_evaluation(self, draw: Draw) -> None:
        step = self._step(draw)
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
        assert (header.token, header.snapshot, header.snapshot_step) == (
            model.token, model.snapshot, model.snapshot_step
        )  # fmt: skip
        assert self.store.history(self.run) == model.history
        committed = self.store.committed(self.run, model.step)
        assert {shard: record["token"] for shard, record in committed.items()} == model.done
        live = {name for name, holder in model.leases.items() if holder}
        assert set(self.store.leases(self.run, model.step)) == live
        results = self.store.evaluations(self.run, model.step)
        assert {shard: record["correct"] for shard, record in results.items()} == model.results
        assert (self.run in self.store.active_runs()) == (model.state in ("queued", "running"))

    @invariant()
    def snapshot_and_log_lead_to_the_version(self) -> None:
        version, model = self.store.version(self.run), self.model
        token = version.snapshot
        assert self.store.read_array(self.run, token, "parameters").size == 2
        for entry in version.entries:
            assert entry.before == token
            assert self.store.get_mean(self.run, entry) == b"mean"
            token = entry.token
        assert version.token == token == model.token

    @invariant()
    def the_blobs_are_those_that_are_needed(self) -> None:
        model = self.model
        held = tokens_held(self.store, self.run)
        if model.state not in ("queued", "running"):
            self.orphans, self.expiring = {}, self.expiring & held["gradient"]
        assert held["blob"] == set(model.snapshots)
        assert held["mean"] == {*model.log.values(), *self.orphans}
        assert held["gradient"] - self.expiring == set(model.done.values())

    def teardown(self) -> None:
        if hasattr(self, "run"):
            self.store.cancel(self.run)
            self.store.delete_run(self.run)
            assert self.store.blobs.keys_of(f"run:{self.run}:") == []

    def _step(self, draw: Draw) -> int:
        return max(0, self.model.step + draw.offset)

    def _claim(self, step: int, worker: str, one: Finished | None = None, *, dies: bool = False) -> Commit | None:
        """Claim, in place of the worker that commits, and compare; a claim of one that dies runs out at once."""
        commits = [self.model.commit(step, one.shard, one.stored.token)] if one else []
        expected = self.model.claim(step, "" if dies else worker, worker)
        claim = self.store.claim(
            self.run, step, worker, lease_seconds=0.0 if dies else LEASE_SECONDS, shard_seconds=SHARD_SECONDS,
            finished=[one] if one else [],
        )  # fmt: skip
        assert (claim.outcome, claim.leases) == expected
        assert claim.commits == commits
        assert claim.token == (self.model.token if claim.outcome == "granted" else "")
        return commits[0] if commits else None

    def _commit_step(self, entry: LogEntry, *, evaluate: bool, snapshot: bool) -> bool:
        model, record = self.model, {"kind": "step", "step": entry.step + 1, "token": entry.token}
        expected = entry.step < model.step and model.log.get(entry.step) == entry.token
        expected = expected or model.make_step(
            entry.step, entry.before, entry.token, record, evaluate=evaluate, snapshot=snapshot
        )
        if not expected and snapshot and entry.token != model.snapshot:
            model.snapshots.pop(entry.token, None)
        made = self.store.commit_step(self.run, entry, record, evaluate=evaluate, snapshot=snapshot)
        assert (made.accepted, made.ended) == (expected, expected and model.state == "finished")
        return expected

    def _write_snapshot(self, step: int, token: str) -> None:
        self.store.write_snapshot(self.run, step, token, ARRAYS)
        self.model.snapshots[token] = step


def test_any_order_of_moves_gives_what_the_model_says(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "LOG_KEPT", LOG_KEPT)
    bound = type("Bound", (Protocol,), {"store": store})
    run_state_machine_as_test(
        bound,
        settings=settings(
            max_examples=30, stateful_step_count=30, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )  # fmt: skip
