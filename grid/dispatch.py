"""Sends the tasks of a run: the chord of a step, apply again, and the evaluation. Tasks carry ids only."""

from __future__ import annotations

from celery import Celery
from kombu.utils.uuid import uuid

QUEUE = "grid"
OPTIONS = {"queue": QUEUE, "ignore_result": True}


class Dispatcher:
    """Sends tasks by name through one Celery application; never imports their code."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def send_step(self, run: str, step: int, width: int) -> None:
        """Send the chord of one step: ``width`` gradient tasks, which share the shards among them, then apply.

        The messages are those of ``chord([gradient] * width)(apply)``, made without Celery's canvas, which takes as
        long as sending them.
        """
        # Immutable: a chord would hand its parts to apply, which reads the committed gradients instead.
        options = {**OPTIONS, "task_id": uuid()}
        callback = self._app.signature("tasks.apply", args=(run, step), immutable=True, options=options)
        group = uuid()
        with self._app.producer_or_acquire() as producer:
            for _ in range(max(1, width)):
                self._app.send_task(
                    "tasks.gradient", (run, step), group_id=group, chord=callback, producer=producer, **OPTIONS
                )

    def send_apply(self, run: str, step: int) -> None:
        """Send the apply task again, outside of the chord."""
        self._app.send_task("tasks.apply", (run, step), **OPTIONS)

    def send_evaluation(self, run: str, step: int, shards: int) -> None:
        """Send every shard of the evaluation of the parameters after ``step`` steps."""
        for shard in range(shards):
            self.send_evaluate(run, step, shard)

    def send_evaluate(self, run: str, step: int, shard: int) -> None:
        """Send one shard of an evaluation."""
        self._app.send_task("tasks.evaluate", (run, step, shard), **OPTIONS)
