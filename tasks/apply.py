"""The apply task: the chord's callback that turns parameter version v into v + 1, exactly once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from grid.celery import app
from grid.errors import PayloadError
from grid.gradient_parts import WeightedMean, body_size, decode
from grid.records import evaluation_due, step_record
from grid.session import Session
from grid.store import RunHeader, unpack
from grid.worker import Worker, current_worker
from mathcore.array import NDArray

HEADER_ROOM_BYTES = 8192


@app.task(name="tasks.apply")
def apply(run: str, step: int) -> str:
    """Average the gradients of all shards, update, publish the new version and send the next step."""
    return current_worker().perform(run, step, "gradient", "apply", publish_step)


def publish_step(worker: Worker, header: RunHeader) -> str:
    """Publish version step + 1 if all shards are in and nobody else has done so."""
    store, run, step = worker.store, header.run, header.step
    committed = store.committed(run, step)
    if len(committed) < header.shards:
        return "early"
    session = worker.session(header)
    worker.load_parameters(session, header)
    worker.load_state(session, header)
    session.update(step, mean_gradient(worker, session, header, committed))
    token = store.write_version(run, session.arrays())
    shards = [committed[shard] for shard in range(header.shards)]
    record = step_record(
        step + 1,
        [(float(shard["loss"]), int(shard["examples"])) for shard in shards],
        [str(shard["class"]) for shard in shards],
        time.time() - (header.started or time.time()),
    )
    evaluate = evaluation_due(session.job.evaluate_every, step + 1, header.steps)
    if not store.commit_step(run, step, token, record, evaluate=evaluate):
        return "duplicate"
    session.token = session.state_token = token
    send_next(worker, header, step + 1, evaluate=evaluate)
    return "accepted"


def mean_gradient(
    worker: Worker, session: Session, header: RunHeader, committed: Mapping[int, Mapping[str, Any]]
) -> NDArray:
    """Return the mean (P,) of all shards' gradients, decoded one after the other in shard order.

    Raises:
        PayloadError: if a payload is not the one that was committed.
    """
    mean = WeightedMean()
    for shard in range(header.shards):
        mean.add(*decoded_gradient(worker, session, header, shard, str(committed[shard]["token"])))
    return mean.result()


def decoded_gradient(
    worker: Worker, session: Session, header: RunHeader, shard: int, token: str
) -> tuple[NDArray, float]:
    """Return one shard's gradient (P,) and its weight in the mean."""
    layout, codec = session.plan.network.layout, session.codec
    data = worker.store.get_gradient(header.run, header.step, shard, token)
    found, body = unpack(data, maximum_size=body_size(codec, layout) + HEADER_ROOM_BYTES)
    expected = (header.run, header.step, shard, codec.name, layout.size, layout.size - layout.learned_size)
    got = (found.run, found.step, found.shard, found.codec, found.count, found.running)
    if got != expected:
        raise PayloadError(f"shard {shard}: expected run, step, shard, codec, count, running {expected}, got {got}")
    return decode(codec, body, layout, session.backend), found.examples / session.job.batch_size


def send_next(worker: Worker, header: RunHeader, step: int, *, evaluate: bool) -> None:
    """Send the evaluation, or the next step's chord."""
    if evaluate:
        worker.dispatcher.send_evaluation(header.run, step, header.evaluation_shards)
    else:
        worker.dispatcher.send_step(header.run, step, header.shards)
