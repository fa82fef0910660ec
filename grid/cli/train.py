"""``grid train``: submit a job, compute it here with a few workers, and wait."""

from __future__ import annotations

import sys

import click

from grid import driver, local
from grid.cli.connection import backend_option, broker_option, load_settings, plugin_option
from grid.cli.job_options import job_options
from grid.cli.progress_display import progress_display
from grid.cli.record import json_option, report
from grid.job import Job

DEFAULT_WORKERS = 2


@click.command("train")
@job_options
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    metavar="N",
    help=f"Worker processes to start here; others may join.  [default: {DEFAULT_WORKERS}]",
)
@broker_option
@backend_option
@plugin_option
@click.option("--local", "in_process", is_flag=True, help="Train in this process, without Celery and servers.")
@json_option
def command(
    *,
    job: Job,
    workers: int | None,
    broker: str | None,
    backend: str | None,
    plugins: tuple[str, ...],
    in_process: bool,
    json_path: str | None,
) -> None:
    """Train NET and wait for it; Ctrl-C cancels.

    NET is the name of a shipped network or a JSON file. The parameters that come out are the same, bit for bit, for
    any number of workers.

    \b
    Examples:
      grid train lenet --steps 500
      grid train lenet --steps 200 --batch-size 128 --shards 4 --seed 1 --workers 3 --json -
      grid train my-network.json --data ~/fashion-mnist --codec float32 --lr 0.02
    """
    if in_process and (broker is not None or workers is not None):
        raise click.UsageError("--local trains in this process: leave out --workers and --broker")
    settings = load_settings(broker, plugins)
    with progress_display(sys.stderr) as show:
        if in_process:
            record = local.train_local(job, settings=settings, on_progress=show, backend=backend)
        else:
            count = DEFAULT_WORKERS if workers is None else workers
            record = driver.train(job, settings=settings, on_progress=show, workers=count, backend=backend)
    report(record, json_path)
