"""Shows a run's progress on stderr: a bar on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bars

from grid.progress import Progress

LINE_SECONDS = 5.0


@contextmanager
def progress_display(stream: TextIO) -> Iterator[Callable[[Progress], None]]:
    """Yield the function to call with every moment of a run."""
    if not stream.isatty():
        yield ProgressLines(stream).show
        return
    columns = (BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
    with Bars(*columns, console=Console(file=stream)) as bars:
        yield ProgressBar(bars).show


class ProgressBar:
    """One bar, made when the first moment comes."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("starting", total=None)

    def show(self, progress: Progress) -> None:
        """Move the bar."""
        line = f"step {progress.step}/{progress.steps}  {describe(progress)}"
        self._bars.update(self._task, completed=progress.step, total=max(progress.steps, 1), description=line)


class ProgressLines:
    """Writes at most one line every ``LINE_SECONDS``, and one for each change of state."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._state = ""
        self._due = 0.0

    def show(self, progress: Progress) -> None:
        """Write a line if one is due."""
        now = self._clock()
        if progress.state == self._state and now < self._due:
            return
        self._state = progress.state
        self._due = now + LINE_SECONDS
        line = f"{progress.state}: step {progress.step}/{progress.steps}  {describe(progress)}"
        print(line.rstrip(), file=self._stream, flush=True)


def describe(progress: Progress) -> str:
    """Return loss, accuracy, speed, time left and message in one line; what is not known is left out."""
    parts = []
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.4f}")
    if progress.accuracy is not None:
        parts.append(f"test {progress.accuracy:.2%}")
    if progress.examples_per_second is not None:
        parts.append(f"{progress.examples_per_second:,.0f} images/s")
    if progress.eta_seconds is not None and progress.state == "running":
        parts.append(f"{timedelta(seconds=round(progress.eta_seconds))} left")
    if progress.workers is not None and progress.state == "running":
        parts.append(f"{progress.workers} worker{'' if progress.workers == 1 else 's'}")
    if progress.message:
        parts.append(progress.message)
    return "  ".join(parts)
