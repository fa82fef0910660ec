"""How far a run is, as progress bars and pages show it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SPEED_WINDOW = 30


@dataclass(frozen=True)
class Progress:
    """One moment of a run; what is not known yet is ``None``."""

    run: str
    state: str
    step: int
    steps: int
    loss: float | None = None
    accuracy: float | None = None
    examples_per_second: float | None = None
    eta_seconds: float | None = None
    workers: int | None = None
    message: str = ""


class ProgressTracker:
    """Follows a run's history records and turns them into ``Progress``."""

    def __init__(self, run: str, steps: int) -> None:
        self._run = run
        self._steps = steps
        self._recent: deque[tuple[float, int, int]] = deque(maxlen=SPEED_WINDOW)
        self.step = 0
        self.loss: float | None = None
        self.accuracy: float | None = None

    def add(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Take in the next records of the history."""
        for record in records:
            if record["kind"] == "step":
                self.step = record["step"]
                self.loss = record["loss"]
                self._recent.append((record["seconds"], record["step"], record["examples"]))
            else:
                self.accuracy = record["test_accuracy"]

    def progress(self, state: str, *, workers: int | None = None, message: str = "") -> Progress:
        """Return the present moment."""
        speed, eta = self._speed()
        return Progress(
            self._run, state, self.step, self._steps, self.loss, self.accuracy, speed, eta, workers, message
        )

    def _speed(self) -> tuple[float | None, float | None]:
        """Return examples a second and the seconds left, over the last steps."""
        if len(self._recent) < 2:
            return None, None
        (first_seconds, first_step, _), (last_seconds, last_step, examples) = self._recent[0], self._recent[-1]
        step_seconds = (last_seconds - first_seconds) / max(last_step - first_step, 1)
        if step_seconds <= 0:
            return None, None
        return examples / step_seconds, step_seconds * (self._steps - self.step)
