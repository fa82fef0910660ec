"""The apply task: the chord's callback that turns parameter version v into v + 1, exactly once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from grid import norm_bound
from grid.celery import app
from grid.errors import PayloadError, ShardRefusedError
from grid.gradient_parts import body_size
from grid.instants import reach
from grid.lease import LEASE_SECONDS
from grid.norm_bound import looks_typical, lower_median, norm_of
from grid.records import evaluation_due, step_record
from grid.session import Session
from grid.store import Gathered, LogEntry, unpack
from grid.store.base import fresh_token
from grid.store.steps import SNAPSHOT_STEPS
from grid.worker import Task, Worker
from grid.worker_process import current_worker
from mathcore.array import NDArray
from tasks.audit import settled

HEADER_ROOM_BYTES = 8192
READ_BYTES = 16 * 2**20
"""Payloads that are read at once."""


@app.task(name="tasks.apply")
def apply(run: str, step: int) -> str:
    """Average the gradients of all shards, update, publish the new version and send the next step."""
    return current_worker().perform(run, step, "apply", publish_step)


def publish_step(worker: Worker, task: Task) -> str:
    """Publish version step + 1 if all shards are in and nobody else is at it."""
    session = worker.session(task.run)
    job = session.job
    gathered = worker.store.gather(task.run, task.step, job.shards, worker.id, lease_seconds=LEASE_SECONDS)
    if gathered.outcome == "refused":
        worker.dispatcher.send_step(task.run, task.step, 1)
    if gathered.outcome != "granted":
        return gathered.outcome
    if job.audit and not settled(worker, task, gathered):
        worker.store.release_apply(task.run, task.step)
        return "auditing"
    with worker.at(task, ["apply"]):
        reach("applying")
        worker.catch_up.to(session, task.run, gathered.token, gathered.entry)
        if session.token != gathered.token:
            return "stale"
        entry = make_step(worker, task, session, gathered)
        step = task.step + 1
        last = step >= job.steps
        if last:
            worker.store.write_snapshot(task.run, step, entry.token, session.arrays())
        evaluate = evaluation_due(job.evaluate_every, step, job.steps)
        down = worker.catch_up.taken()
        made = worker.store.commit_step(
            task.run, entry, record(task, gathered), evaluate=evaluate, snapshot=last,
            up=entry.stored.size, down=down,
        )
    if not made.accepted:
        return "duplicate"
    reach("published")
    session.token, session.step = entry.token, step
    if not made.ended:
        send_next(worker, task.run, step, evaluate=evaluate, width=min(made.workers, job.shards))
    reach("sent")
    worker.store.clear_step(task.run, task.step, gathered)
    reach("cleared")
    if (step % SNAPSHOT_STEPS == 0 or worker.is_lost(task.run)) and not last:
        worker.store.write_snapshot(task.run, step, entry.token, session.arrays())
        worker.store.commit_snapshot(task.run, step, entry.token)
        worker.store.sweep_log(task.run)
        reach("snapshot")
    if worker.checkpoints.due(task.run, session):
        worker.checkpoints.save(task.run, session)
    return "accepted"


def make_step(worker: Worker, task: Task, session: Session, gathered: Gathered) -> LogEntry:
    """Make the session's parameters those of the next version, and write the encoded mean gradient that did it.

    Raises:
        ShardRefusedError: if a payload is not the one that was committed, or its gradient cannot be.
    """
    before, token = gathered.token, fresh_token()
    check = partial(check_norms, worker, task, session, gathered)
    try:
        sent = session.apply(task.step, bodies(worker, task, session, gathered), check)
    except ShardRefusedError as error:
        record = gathered.records[error.shard]
        error.worker, error.token = str(record["worker"]), str(record["token"])
        raise
    reach("updated")
    stored = worker.store.put_mean(task.run, task.step, token, sent)
    reach("logged")
    return LogEntry(task.step, before, token, stored, session.fingerprint())


def bodies(worker: Worker, task: Task, session: Session, gathered: Gathered) -> Iterator[tuple[memoryview, int]]:
    """Yield the body and the number of examples of each shard's payload, in shard order."""
    layout, codec = session.plan.network.layout, session.codec
    largest = body_size(codec, layout) + HEADER_ROOM_BYTES
    for shard, data in payloads(worker, task, session, gathered, at_once=max(1, READ_BYTES // largest)):
        try:
            found, body = unpack(data, maximum_size=largest)
        except PayloadError as error:
            raise ShardRefusedError(shard, str(error)) from error
        record, examples = gathered.records[shard], session.examples_count(shard)
        expected = (task.run, task.step, shard, codec.name, layout.size, layout.size - layout.learned_size, examples)
        got = (found.run, found.step, found.shard, found.codec, found.count, found.running, found.examples)
        if got != expected or (found.loss, found.examples) != (record["loss"], record["examples"]):
            raise ShardRefusedError(
                shard, f"expected run, step, shard, codec, count, running, examples {expected} and what was committed, "
                f"got {got}"
            )  # fmt: skip
        yield body, found.examples
    reach("gathered")


def check_norms(worker: Worker, task: Task, session: Session, gathered: Gathered, mean: NDArray) -> None:
    """Return if no shard's gradient is far beyond all that the run has seen; see ``grid/norm_bound.py``.

    Raises:
        ShardRefusedError: for one that is.
    """
    bound, shards = session.job.norm_bound, session.job.shards
    if not bound:
        return
    typical = worker.typical_norm(task.run)
    least = min(session.examples_count(shard) for shard in range(shards)) / session.job.step_examples
    if typical is not None and looks_typical(mean, bound=bound, least=least, typical=typical):
        return
    found = bodies(worker, task, session, gathered)
    norms = [norm_of(session.decode(body, shard)) for shard, (body, _) in enumerate(found)]
    norm_bound.check_norms(norms, bound=bound, typical=typical)
    if typical is None and lower_median(norms) > 0:
        worker.typical_norm(task.run, lower_median(norms))


def payloads(
    worker: Worker, task: Task, session: Session, gathered: Gathered, *, at_once: int
) -> Iterator[tuple[int, bytearray]]:
    """Yield each shard and its payload, in shard order; ``at_once`` are read without waiting between them."""
    for first in range(0, session.job.shards, at_once):
        shards = range(first, min(first + at_once, session.job.shards))
        found = worker.store.get_gradients(task.run, task.step, [(shard, gathered.stored(shard)) for shard in shards])
        worker.catch_up.down += sum(len(data) for data in found)
        yield from zip(shards, found, strict=True)


def record(task: Task, gathered: Gathered) -> dict[str, object]:
    """Return the step's record for the history."""
    shards = list(gathered.records.values())
    return step_record(
        task.step + 1,
        [(float(shard["loss"]), int(shard["examples"])) for shard in shards],
        [str(shard["class"]) for shard in shards],
        time.time() - gathered.started,
    )


def send_next(worker: Worker, run: str, step: int, *, evaluate: bool, width: int) -> None:
    """Send the evaluation, or the next step's chord."""
    if evaluate:
        worker.dispatcher.send_evaluation(run, step, worker.session(run).plan.evaluation_shards)
    else:
        worker.dispatcher.send_step(run, step, width)
