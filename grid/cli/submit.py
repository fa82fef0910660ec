"""``grid submit``: queue a job for the workers that serve the grid."""

from __future__ import annotations

import click

from grid.cli.connection import broker_option, load_settings, plugin_option, running_grid
from grid.cli.job_options import job_options
from grid.job import Job


@click.command("submit")
@job_options
@broker_option
@plugin_option
def command(*, job: Job, broker: str | None, plugins: tuple[str, ...]) -> None:
    """Queue a job and print the name of its run, at once.

    NET is the name of a shipped network or a JSON file. Workers take it up when they come.

    \b
    Example, with a worker started by `grid worker` in another terminal:
      run=$(grid submit lenet --steps 1000)
      grid watch $run
    """
    settings = load_settings(broker, plugins)
    with running_grid(broker) as client:
        run = client.submit(job, settings.data_dir)
        workers = len(client.workers())
    click.echo(run)
    waiting = "" if workers else "; no worker serves this grid yet: start one with `grid worker`"
    click.echo(f"follow it with `grid watch {run}`{waiting}", err=True)
