"""The gradient task: one shard of one step, on any worker, in any order, any number of times."""

from __future__ import annotations

import time
from functools import partial

from grid.celery import app
from grid.gradient_parts import encode
from grid.store import PayloadHeader, RunHeader, pack
from grid.worker import Worker, current_worker


@app.task(name="tasks.gradient")
def gradient(run: str, step: int, shard: int) -> str:
    """Compute, encode and commit the gradient of one shard; the first to commit wins."""
    return current_worker().perform(run, step, "gradient", f"gradient:{shard}", partial(commit_shard, shard=shard))


def commit_shard(worker: Worker, header: RunHeader, *, shard: int) -> str:
    """Compute one shard's gradient and commit it, unless another worker has done so meanwhile."""
    store, run, step = worker.store, header.run, header.step
    started = time.monotonic()
    session = worker.session(header)
    worker.load_parameters(session, header)
    result = session.gradient(step, shard)
    layout = session.plan.network.layout
    payload_header = PayloadHeader(
        run=run, step=step, shard=shard, parameter_version=step, codec=session.codec.name, dtype="float32",
        count=layout.size, running=layout.size - layout.learned_size, examples=result.examples, loss=result.loss,
        equivalence_class=worker.backend.equivalence_class,
    )
    payload = pack(payload_header, encode(session.codec, result.vector, layout, session.coding_key(step, shard)))
    token = store.put_gradient(run, step, shard, payload)
    store.count_bytes(run, up=len(payload))
    worker.heartbeat.count_shard(result.examples, time.monotonic() - started)
    record = {"loss": result.loss, "examples": result.examples, "class": worker.backend.equivalence_class}
    return store.commit_gradient(run, step, shard, token, record).name.lower()
