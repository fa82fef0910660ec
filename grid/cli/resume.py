"""``grid resume``: let a run go on, whatever had stopped it."""

from __future__ import annotations

import sys

import click

from grid import driver
from grid.cli.connection import backend_option, broker_option, load_settings, plugin_option, running_grid
from grid.cli.progress_display import progress_display
from grid.cli.record import json_option, report
from grid.cli.train import workers_option


@click.command("resume")
@click.argument("run")
@workers_option
@click.option("--detach", is_flag=True, help="Let a paused run go on with the workers that serve it; do not wait.")
@broker_option
@backend_option
@plugin_option
@json_option
def command(
    *,
    run: str,
    workers: int | None,
    detach: bool,
    broker: str | None,
    backend: str | None,
    plugins: tuple[str, ...],
    json_path: str | None,
) -> None:
    """Let a RUN go on and wait for it; Ctrl-C pauses it again.

    A RUN that was paused goes on where it was. So does one whose `grid train` was killed, or whose servers were
    restarted or lost: from the last checkpoint in GRID_STATE_DIR, and to the same parameters, bit for bit.

    \b
    Examples:
      grid resume 4f1c09a2b7de
      grid resume 4f1c09a2b7de --workers 4 --json -
      grid resume 4f1c09a2b7de --detach
    """
    if detach:
        with running_grid(broker) as client:
            done = client.resume(run)
            state = client.store.header(run).state
        click.echo(f"run {run} goes on" if done else f"run {run} is not paused: {state}")
        return
    settings = load_settings(broker, plugins)
    count = driver.DEFAULT_WORKERS if workers is None else workers
    with progress_display(sys.stderr) as show:
        record = driver.resume(run, settings=settings, on_progress=show, workers=count, backend=backend)
    report(record, json_path)
