"""Sends the tasks of a run: the chord of a step, apply again, and the evaluation. Tasks carry ids only."""

from __future__ import annotations

from celery import Celery, Signature, chord

QUEUE = "grid"


class Dispatcher:
    """Sends tasks by name through one Celery application; never imports their code."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def send_step(self, run: str, step: int, width: int) -> None:
        """Send the chord of one step: ``width`` gradient tasks, which share the shards among them, then apply."""
        header = [self._signature("tasks.gradient", run, step) for _ in range(max(1, width))]
        chord(header, app=self._app)(self._signature("tasks.apply", run, step))

    def send_apply(self, run: str, step: int) -> None:
        """Send the apply task again, outside of the chord."""
        self._signature("tasks.apply", run, step).apply_async()

    def send_evaluation(self, run: str, step: int, shards: int) -> None:
        """Send every shard of the evaluation of the parameters after ``step`` steps."""
        for shard in range(shards):
            self.send_evaluate(run, step, shard)

    def send_evaluate(self, run: str, step: int, shard: int) -> None:
        """Send one shard of an evaluation."""
        self._signature("tasks.evaluate", run, step, shard).apply_async()

    def _signature(self, task: str, *arguments: object) -> Signature:
        # Immutable: a chord would hand its parts to apply, which reads the committed gradients instead.
        return self._app.signature(
            task, args=arguments, immutable=True, options={"queue": QUEUE, "ignore_result": True}
        )
