"""What a run is, in plain words: the model that the step protocol is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from grid.store import Commit

STEPS, SHARDS, EVALUATION_SHARDS, LOG_KEPT = 6, 3, 2, 1


@dataclass
class Model:
    """A run, its leases and its log. A lease of a dead worker has the holder ``""``.

    Attributes:
        next: the first shard that nobody has claimed.
        log: step -> token that it led to.
        snapshots: token -> step of those that have been written.
        before: the snapshot before the last one.
    """

    token: str
    snapshot: str
    state: str = "queued"
    phase: str = "gradient"
    step: int = 0
    snapshot_step: int = 0
    before: str = ""
    next: int = 0
    done: dict[int, str] = field(default_factory=dict)
    leases: dict[str, str] = field(default_factory=dict)
    results: dict[int, int] = field(default_factory=dict)
    log: dict[int, str] = field(default_factory=dict)
    snapshots: dict[str, int] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    def is_at(self, phase: str, step: int) -> bool:
        return (self.state, self.phase, self.step) == ("running", phase, step)

    def commit(self, step: int, shard: int, token: str) -> Commit:
        if not self.is_at("gradient", step):
            return Commit.STALE
        self.leases.pop(f"gradient:{shard}", None)
        return Commit.ACCEPTED if self.done.setdefault(shard, token) == token else Commit.DUPLICATE

    def claim(self, step: int, holder: str, worker: str) -> tuple[str, list[str]]:
        """Return what a claim of ``worker`` must answer; ``holder`` is whom the lease will have."""
        if not self.is_at("gradient", step):
            return "stale", []
        if len(self.done) == SHARDS:
            return "complete", []
        while self.next < SHARDS:
            self.next += 1
            if self.next - 1 not in self.done:
                return self._grant(self.next - 1, holder)
        for shard in range(SHARDS):
            if shard not in self.done and self.leases.get(f"gradient:{shard}", "") in ("", worker):
                return self._grant(shard, holder)
        return "none", []

    def gather(self, step: int, holder: str, worker: str) -> str:
        if not self.is_at("gradient", step):
            return "stale"
        if len(self.done) < SHARDS:
            return "early"
        if self.leases.get("apply", "") not in ("", worker):
            return "taken"
        self.leases["apply"] = holder
        return "granted"

    def make_step(
        self, step: int, before: str, token: str, record: dict[str, Any], *, evaluate: bool, snapshot: bool
    ) -> bool:
        if not self.is_at("gradient", step) or before != self.token or len(self.done) < SHARDS:
            return False
        self.log = {number: logged for number, logged in self.log.items() if number >= self.snapshot_step - LOG_KEPT}
        self.log[step] = token
        self.history.append(record)
        self.step, self.token, self.phase = step + 1, token, "evaluate" if evaluate else "gradient"
        self.done, self.leases, self.next = {}, {}, 0
        if snapshot:
            self.snapshot, self.snapshot_step = token, self.step
        if not evaluate and self.step >= STEPS:
            self.end("finished")
        return True

    def commit_snapshot(self, step: int, token: str) -> bool:
        if token != self.snapshot:
            fits = self.state == "running" and self.log.get(step - 1) == token and step > self.snapshot_step
            if not (fits and token in self.snapshots):
                self.snapshots.pop(token, None)
                return False
            self.before, self.snapshot, self.snapshot_step = self.snapshot, token, step
        for older, number in list(self.snapshots.items()):
            if number < step and older != self.before:
                del self.snapshots[older]
        return True

    def conclude(self, step: int, record: dict[str, Any]) -> bool:
        if not self.is_at("evaluate", step) or len(self.results) < EVALUATION_SHARDS:
            return False
        self.history.append(record)
        self.phase, self.results = "gradient", {}
        if self.step >= STEPS:
            self.end("finished")
        return True

    def end(self, state: str) -> None:
        self.state, self.done, self.results, self.leases = state, {}, {}, {}
        self.snapshots = {self.snapshot: self.snapshot_step}

    def _grant(self, shard: int, holder: str) -> tuple[str, list[str]]:
        self.leases[f"gradient:{shard}"] = holder
        return "granted", [f"gradient:{shard}"]
