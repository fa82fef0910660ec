"""The apply task: the chord's callback that turns parameter version v into v + 1, exactly once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from grid.celery import app
from grid.errors import PayloadError
from grid.records import step_record
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
    session.update(decoded_gradients(worker, session, header, committed), step=step)
    arrays = {"parameters": session.parameters.numpy(), "optimizer": session.state.numpy()}
    token = store.write_version(run, arrays)
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


def decoded_gradients(
    worker: Worker, session: Session, header: RunHeader, committed: Mapping[int, Mapping[str, Any]]
) -> Iterator[tuple[NDArray, int]]:
    """Yield every shard's decoded gradient and number of examples, in shard order.

    Raises:
        PayloadError: if a payload is not the one that was committed.
    """
    size = session.parameters.size
    maximum = session.codec.payload_size(size) + HEADER_ROOM_BYTES
    for shard in range(header.shards):
        data = worker.store.get_gradient(header.run, header.step, shard, str(committed[shard]["token"]))
        found, body = unpack(data, maximum_size=maximum)
        expected = (header.run, header.step, shard, session.codec.name, size)
        got = (found.run, found.step, found.shard, found.codec, found.count)
        if got != expected:
            raise PayloadError(f"shard {shard}: expected run, step, shard, codec and count {expected}, got {got}")
        yield session.codec.decode(body, size, session.backend), found.examples


def evaluation_due(every: int, step: int, steps: int) -> bool:
    """Tell whether the parameters after ``step`` updates are to be evaluated."""
    return step >= steps or (every > 0 and step % every == 0)


def send_next(worker: Worker, header: RunHeader, step: int, *, evaluate: bool) -> None:
    """Send the evaluation, or the next step's chord."""
    if evaluate:
        worker.dispatcher.send_evaluation(header.run, step, header.evaluation_shards)
    else:
        worker.dispatcher.send_step(header.run, step, header.shards)
