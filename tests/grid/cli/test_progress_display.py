"""Progress as text."""

from __future__ import annotations

import io

from grid.cli.progress_display import LINE_SECONDS, ProgressLines, describe, progress_display
from grid.progress import Progress


def moment(step: int, state: str = "running") -> Progress:
    return Progress(
        run="4f1c09a2b7de", state=state, step=step, steps=100, loss=0.25, accuracy=0.981, examples_per_second=5321.4,
        eta_seconds=61.6, workers=2,
    )


def test_a_moment_tells_loss_accuracy_speed_time_left_and_workers() -> None:
    assert describe(moment(10)) == "loss 0.2500  test 98.10%  5,321 images/s  0:01:02 left  2 workers"


def test_what_is_not_known_yet_is_left_out() -> None:
    waiting = Progress(run="x", state="running", step=0, steps=9, workers=1, message="waiting for a worker")
    assert describe(waiting) == "1 worker  waiting for a worker"


def test_lines_come_every_few_seconds_and_at_each_change_of_state() -> None:
    # Given a clock that we turn
    now = 0.0
    stream = io.StringIO()
    lines = ProgressLines(stream, clock=lambda: now)
    # When moments come ten times a second
    for step in range(round(LINE_SECONDS * 10) + 1):
        now = step / 10
        lines.show(moment(step))
    lines.show(moment(100, state="finished"))
    # Then the first, the one that is due and the end are written
    starts = [line.partition("  ")[0] for line in stream.getvalue().splitlines()]
    assert starts == ["running: step 0/100", f"running: step {LINE_SECONDS * 10:.0f}/100", "finished: step 100/100"]


def test_a_stream_that_is_no_terminal_gets_plain_lines() -> None:
    stream = io.StringIO()
    with progress_display(stream) as show:
        show(moment(1))
    assert stream.getvalue().startswith("running: step 1/100  loss 0.2500")
    assert "\x1b" not in stream.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar() -> None:
    stream = Terminal()
    with progress_display(stream) as show:
        show(moment(50))
    assert "50/100" in stream.getvalue()
    assert "\r" in stream.getvalue() or "\x1b" in stream.getvalue()
