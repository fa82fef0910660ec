"""The evaluate task: one shard of the test images; the last one in concludes the evaluation."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial

from grid.celery import app
from grid.records import evaluation_record
from grid.session import Score
from grid.store import Commit, RunHeader
from grid.worker import Worker, current_worker


@app.task(name="tasks.evaluate")
def evaluate(run: str, step: int, shard: int) -> str:
    """Score one shard of the test split with the parameters after ``step`` updates."""
    return current_worker().perform(run, step, "evaluate", f"evaluate:{shard}", partial(commit_score, shard=shard))


def commit_score(worker: Worker, header: RunHeader, *, shard: int) -> str:
    """Commit one shard's score, and conclude the evaluation if it was the last."""
    store, run, step = worker.store, header.run, header.step
    commit = Commit.DUPLICATE
    if shard not in store.evaluations(run, step):
        session = worker.session(header)
        worker.load_parameters(session, header)
        commit = store.commit_evaluation(run, step, shard, asdict(session.score(shard)))
    conclude(worker, header)
    return commit.name.lower()


def conclude(worker: Worker, header: RunHeader) -> None:
    """Record the evaluation once all shards are in, and send the next step if there is one."""
    store, run, step = worker.store, header.run, header.step
    scores = store.evaluations(run, step)
    if len(scores) < header.evaluation_shards:
        return
    record = evaluation_record(
        step,
        [Score(**scores[shard]) for shard in range(header.evaluation_shards)],
        time.time() - (header.started or time.time()),
    )
    if store.conclude_evaluation(run, step, record) and step < header.steps:
        worker.dispatcher.send_step(run, step, header.shards)
