"""The gradient task: shards of one step, one after the other until none is left, on any worker, any number of times."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from grid.celery import app
from grid.instants import reach
from grid.lease import LEASE_SECONDS
from grid.session import Session
from grid.store import Claim, Finished
from grid.worker import Task, Worker
from grid.worker_process import current_worker
from tasks.audit import audit_results
from tasks.payload import make_payload

WAITS = 3
WAIT_SECONDS = 0.015
"""So often and so long a slow worker waits for others to begin a step before it takes a shard."""

REHEARSED_SECONDS = 0.2
"""A worker that is new to a run whose shards take less computes one that does not count."""


@dataclass(frozen=True)
class Computed:
    """A shard's payload, and what is to be known of it without reading that."""

    shard: int
    payload: bytes
    record: dict[str, Any]


@app.task(name="tasks.gradient")
def gradient(run: str, step: int) -> str:
    """Compute, encode and commit gradients of shards; of each shard the first to be committed counts."""
    outcome = current_worker().perform(run, step, "gradient", compute_shards)
    reach("returned")
    return outcome


def compute_shards(worker: Worker, task: Task) -> str:
    """Claim shard after shard, two round trips each: a payload goes up, then it is committed and the next one claimed.

    Returns:
        ``complete`` if this task committed the last shard; ``none``: others are at what is left; ``refused``: the
        run takes another equivalence class only; ``stale``: it has moved on; ``leaving``: the worker is to stop.
    """
    if worker.held(task.run) is None:
        make_ready(worker, task)
    claim = next_claim(worker, task)
    while claim.outcome == "granted":
        if worker.leaving:
            worker.leases.release(task.run, task.step, claim.leases)
            return "leaving"
        session, claimed = worker.session(task.run), time.monotonic()
        with worker.at(task, claim.leases):
            worker.catch_up.to(session, task.run, claim.token, claim.entry)
            if session.token != claim.token:
                worker.leases.release(task.run, task.step, claim.leases)
                return "stale"
            reach("current")
            computed = [compute_shard(worker, task, session, lease) for lease in claim.leases]
            finished = put(worker, task, computed)
        worker.pace.add(task.run, (time.monotonic() - claimed) / len(finished))
        claim = next_claim(worker, task, finished)
        reach("committed")
    if claim.outcome in ("none", "complete") and worker.session(task.run).job.audit:
        audit_results(worker, task)
    return claim.outcome


def make_ready(worker: Worker, task: Task) -> None:
    """Load data and parameters of a run that is new to this worker before it claims: others need not wait for that.

    A device's first shard takes longer than the next, as kernels are built; where a shard takes little, one is computed
    for nothing, so that none that counts is held up.
    """
    header = worker.store.header(task.run)
    if (header.state, header.phase, header.step) != ("running", "gradient", task.step):
        return
    session = worker.session(task.run)
    worker.catch_up.to(session, task.run, header.token)
    if 0 < header.shard_seconds < REHEARSED_SECONDS:
        with suppress(Exception):  # it is told of the shard that counts, by whoever computes that
            session.gradient(task.step, 0)


def next_claim(worker: Worker, task: Task, finished: Sequence[Finished] = ()) -> Claim:
    """Commit shards, if some are finished, and claim the next."""
    down, patience = worker.catch_up.taken(), WAITS
    claim = Claim("wait", [], [])
    while claim.outcome == "wait":
        pace = worker.pace.seconds(task.run) if patience else 0.0
        claim = worker.store.claim(
            task.run, task.step, worker.id, lease_seconds=LEASE_SECONDS, shard_seconds=pace,
            down=down, equivalence_class=worker.backend.equivalence_class, finished=finished,
        )
        if claim.outcome == "wait":
            time.sleep(WAIT_SECONDS)
            down, patience, finished = 0, patience - 1, ()
    if claim.outcome == "granted":
        reach("claimed")
    elif claim.outcome == "none":
        worker.pace.forget_some(task.run)
    elif claim.outcome == "refused":
        worker.stand_aside(task.run, claim.only_class)
    return claim


def compute_shard(worker: Worker, task: Task, session: Session, lease: str) -> Computed:
    """Compute the gradient of the shard that a lease is for, and encode it."""
    started = time.monotonic()
    shard = int(lease.partition(":")[2])
    task.name = f"gradient:{shard}"
    payload, result = make_payload(worker, task, session, shard)
    seconds = time.monotonic() - started
    worker.heartbeat.count_shard(result.examples, seconds)
    name = worker.backend.equivalence_class
    return Computed(shard, payload, {"loss": result.loss, "examples": result.examples, "class": name})


def put(worker: Worker, task: Task, computed: Sequence[Computed]) -> list[Finished]:
    """Write the payloads of shards."""
    payloads = [(one.shard, one.payload) for one in computed]
    stored = worker.store.put_gradients(task.run, task.step, payloads)
    reach("stored")
    return [Finished(one.shard, found, one.record) for one, found in zip(computed, stored, strict=True)]
