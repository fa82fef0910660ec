"""Audits: some results are computed by a second worker before they count. See ``docs/security.md``."""

from __future__ import annotations

import logging
import time
from typing import Any

from grid.audits import Verdict, verdict
from grid.errors import SealError
from grid.lease import LEASE_SECONDS
from grid.quarantine import refuse
from grid.store import Gathered
from grid.store.trust import AuditClaim, Audits, audit_place
from grid.worker import Task, Worker
from tasks.payload import make_payload

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 30.0
ALONE_SECONDS = 3.0
"""So long an audit waits for a worker of its class: with others in the list of workers, and without."""


def audit_results(worker: Worker, task: Task) -> None:
    """Compute other workers' results again, those that were drawn, until none is left for this worker."""
    claim = next_audit(worker, task)
    while claim.outcome == "granted" and not worker.leaving:
        task.name = f"audit:{claim.shard}"
        session = worker.session(task.run)
        with worker.at(task, [task.name]):
            worker.catch_up.to(session, task.run, claim.token, claim.entry)
            if session.token != claim.token:
                worker.leases.release(task.run, task.step, [task.name])
                return
            payload, _ = make_payload(worker, task, session, claim.shard)
            worker.store.commit_audit(task.run, task.step, claim.shard, gradient=claim.gradient, payload=payload)
        claim = next_audit(worker, task)
    if claim.outcome == "granted":
        worker.leases.release(task.run, task.step, [f"audit:{claim.shard}"])


def next_audit(worker: Worker, task: Task) -> AuditClaim:
    """Claim a result to audit."""
    return worker.store.claim_audit(
        task.run, task.step, worker.id, share=worker.session(task.run).job.audit,
        equivalence_class=worker.backend.equivalence_class, lease_seconds=LEASE_SECONDS,
    )


def settled(worker: Worker, task: Task, gathered: Gathered) -> bool:
    """Return whether all audits of a step are in and all results stand; else see to it that they will."""
    audits = worker.store.audits(task.run, task.step, share=worker.session(task.run).job.audit)
    stands, sure = True, set()
    for shard, found in sorted(audits.open.items()):
        record = gathered.records[shard]
        if found["token"] != record["token"]:
            continue
        result = judge(worker, task, audits, shard, record)
        if result.outcome == "wrong":
            ban(worker, task, shard, found, result)
        if result.outcome == "passed" or (result.outcome == "wrong" and result.worker != record["worker"]):
            sure.add(shard)
            continue
        waited = has_waited(worker, audits, shard)
        if result.outcome == "undecided" or (result.outcome == "disputed" and waited):
            refuse(worker, task, shard, result.reason, maker=str(record["worker"]), token=str(record["token"]))
        if result.outcome == "open" and waited:
            skip(worker, task, shard, found)
        else:
            stands = False
    banned = worker.store.banned()
    unsure = [
        (shard, record) for shard, record in gathered.records.items()
        if shard not in sure and record["worker"] in banned
    ]  # fmt: skip
    for shard, record in unsure:
        worker.store.withdraw_gradient(task.run, task.step, shard, str(record["token"]))
    if unsure or audits.send:
        worker.dispatcher.send_step(task.run, task.step, max(1, len(worker.store.workers())))
    return stands and not unsure


def judge(worker: Worker, task: Task, audits: Audits, shard: int, record: dict[str, Any]) -> Verdict:
    """Return the verdict on one shard; what an auditor has not sealed does not count, nor what a banned one has."""
    token, sound = str(record["token"]), {}
    for auditor, seen in audits.seen.get((shard, token), {}).items():
        try:
            worker.store.seals.check(seen, context=audit_place(task.run, task.step, shard, token))
        except SealError as error:
            log.error("an audit does not count: %s", error)
            continue
        if seen.get("worker") == auditor:
            sound[auditor] = seen
    return verdict(str(record["worker"]), list(record["chunks"]), sound)


def ban(worker: Worker, task: Task, shard: int, found: dict[str, Any], result: Verdict) -> None:
    """Ban the worker that a verdict names."""
    log.error(
        "worker %s is banned: run %s step %d shard %d: %s", result.worker, task.run, task.step, shard, result.reason
    )
    number = found["number"] if result.worker == found["worker"] else None
    worker.store.ban(result.worker, {
        "run": task.run, "step": task.step, "shard": shard, "result": number, "reason": result.reason,
        "time": time.time(),
    })  # fmt: skip


def has_waited(worker: Worker, audits: Audits, shard: int) -> bool:
    """Return whether an audit has waited long enough for a worker that could do it."""
    found = audits.open[shard]
    had = {found["worker"], *audits.seen.get((shard, str(found["token"])), {})}
    others = [
        other for other in worker.store.workers()
        if other.get("class") == found["class"] and other.get("worker") not in had
    ]  # fmt: skip
    patience = PATIENCE_SECONDS if others else 0.0 if audits.alone else ALONE_SECONDS
    return bool(audits.now - found["opened"] / 1000 >= patience)


def skip(worker: Worker, task: Task, shard: int, found: dict[str, Any]) -> None:
    """Let a result count without its audit."""
    log.warning(
        "run %s step %d shard %d: no second worker of class %s computes; the result of %s counts without its audit",
        task.run, task.step, shard, found["class"], found["worker"],
    )  # fmt: skip
    worker.store.skip_audit(task.run, task.step, shard, str(found["worker"]))
