"""The payload of a shard's gradient: the same bytes from every worker of an equivalence class."""

from __future__ import annotations

from grid.instants import reach
from grid.session import Gradient, Session
from grid.store import PayloadHeader, pack
from grid.worker import Task, Worker


def make_payload(worker: Worker, task: Task, session: Session, shard: int) -> tuple[bytes, Gradient]:
    """Compute the gradient of a shard at the session's parameters, and return its payload and itself."""
    result = session.gradient(task.step, shard)
    reach("computed")
    layout = session.plan.network.layout
    header = PayloadHeader(
        run=task.run, step=task.step, shard=shard, parameter_version=task.step, codec=session.codec.name,
        dtype="float32", count=layout.size, running=layout.size - layout.learned_size, examples=result.examples,
        loss=result.loss, equivalence_class=worker.backend.equivalence_class,
    )
    payload = pack(header, session.encode(result, step=task.step, shard=shard))
    reach("encoded")
    return payload, result
