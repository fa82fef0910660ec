"""The evaluate task: one shard of the test images; the last one in concludes the evaluation."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial

from grid.celery import app
from grid.records import evaluation_record
from grid.session import Score
from grid.store import Commit
from grid.worker import Task, Worker
from grid.worker_process import current_worker


@app.task(name="tasks.evaluate")
def evaluate(run: str, step: int, shard: int) -> str:
    """Score one shard of the test split with the parameters after ``step`` updates."""
    return current_worker().perform(run, step, f"evaluate:{shard}", partial(commit_score, shard=shard))


def commit_score(worker: Worker, task: Task, *, shard: int) -> str:
    """Commit one shard's score, and conclude the evaluation if it was the last."""
    store, run, step = worker.store, task.run, task.step
    header = store.header(run)
    if (header.state, header.step, header.phase) != ("running", step, "evaluate"):
        return "stale"
    commit = Commit.DUPLICATE
    with worker.leases.hold(run, step, task.name), worker.heartbeat.task(run, step, task.name):
        if shard not in store.evaluations(run, step):
            session = worker.session(run)
            worker.catch_up.to(session, run, header.token)
            commit = store.commit_evaluation(run, step, shard, asdict(session.score(shard)))
        conclude(worker, task, header.started or time.time())
    return commit.name.lower()


def conclude(worker: Worker, task: Task, started: float) -> None:
    """Record the evaluation once all shards are in, and send the next step if there is one."""
    store, run, step = worker.store, task.run, task.step
    session = worker.session(run)
    scores = store.evaluations(run, step)
    if len(scores) < session.plan.evaluation_shards:
        return
    record = evaluation_record(
        step,
        [Score(**scores[shard]) for shard in range(session.plan.evaluation_shards)],
        time.time() - started,
    )
    if store.conclude_evaluation(run, step, record) and step < session.job.steps:
        worker.dispatcher.send_step(run, step, min(max(1, len(store.workers())), session.job.shards))
