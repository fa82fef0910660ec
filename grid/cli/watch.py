"""``grid watch``: follow a run that others compute."""

from __future__ import annotations

import sys

import click

from grid import driver
from grid.cli.connection import broker_option, running_grid
from grid.cli.progress_display import progress_display
from grid.cli.record import json_option, report
from grid.settings import load


@click.command("watch")
@click.argument("run")
@broker_option
@json_option
def command(*, run: str, broker: str | None, json_path: str | None) -> None:
    """Follow a RUN with a progress bar until it is over; Ctrl-C stops watching, not the run.

    Exit code 0 only if the run finished.

    \b
    Example:
      grid watch $(grid submit lenet --steps 1000)
    """
    with running_grid(broker) as client:
        with progress_display(sys.stderr) as show:
            driver.follow(client.store, run, show)
        record = driver.finished_record(client.store, run, load().state_dir)
    report(record, json_path)
