"""Shards whose gradient is refused: computed elsewhere, and after some attempts the end of the run."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from grid.store.base import fresh_token

if TYPE_CHECKING:
    from grid.worker import Task, Worker

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""So often a shard is tried before its run ends."""
INPUTS_SHOWN = 32


def refuse(worker: Worker, task: Task, shard: int, reason: str, *, maker: str = "", token: str = "") -> str:
    """Take a shard's gradient back, or note that there will be none, and have it computed elsewhere.

    After several attempts, by different workers where there are some, the run ends: the shard is in quarantine.

    Args:
        worker: who refuses it.
        task: of this worker.
        shard: the shard.
        reason: what was wrong.
        maker: the worker that made the gradient; default: this one, which could not.
        token: of the gradient, if there is one.
    """
    maker = maker or worker.id
    log.error("run %s step %d gradient:%d of %s refused: %s", task.run, task.step, shard, maker, reason)
    attempts = worker.store.refuse(
        task.run, task.step, shard, token=token or fresh_token(), worker=maker, reason=reason
    )
    if len(attempts) >= ATTEMPTS:
        task.name = f"gradient:{shard}"
        makers = ", ".join(attempt.partition(" ")[0] for attempt in attempts)
        return worker.fail(task, f"{reason}; quarantined after {len(attempts)} attempts by {makers}; its inputs: "
                          f"{_inputs(worker, task, shard)}")
    if attempts:
        worker.dispatcher.send_step(task.run, task.step, 1)
    return "refused"


def _inputs(worker: Worker, task: Task, shard: int) -> str:
    """Return which examples a shard holds."""
    session = worker.held(task.run)
    if session is None:
        return "unknown, as the job could not be read"
    examples = session.examples(task.step, shard)
    more = f" and {len(examples) - INPUTS_SHOWN} more" if len(examples) > INPUTS_SHOWN else ""
    shown = ", ".join(str(example) for example in examples[:INPUTS_SHOWN])
    return f"training examples {shown}{more} of {session.plan.data.name}"
