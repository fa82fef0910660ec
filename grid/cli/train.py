"""``grid train``: train here and wait, over Celery with a few workers or in this process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from grid import driver, local
from grid.checkpoint import read_checkpoint
from grid.cli.connection import backend_option, broker_option, load_settings, plugin_option
from grid.cli.job_options import field_options, given_fields
from grid.cli.progress_display import progress_display
from grid.cli.record import json_option, report
from grid.initialization import initialize_from
from grid.job import resolve_network, validate_job
from grid.session import Plan

PATH = click.Path(path_type=Path, dir_okay=False)

workers_option = click.option(
    "--workers",
    type=click.IntRange(0, 256),
    metavar="N",
    help=f"Worker processes to start here; others may join.  [default: {driver.DEFAULT_WORKERS}]",
)


@click.command("train")
@click.argument("network", metavar="[NET]", required=False)
@field_options
@workers_option
@broker_option
@backend_option
@plugin_option
@click.option("--local", "in_process", is_flag=True, help="Train in this process, without Celery and servers.")
@click.option("--checkpoint", type=PATH, metavar="FILE", help="Save to FILE at the end and on Ctrl-C.")
@click.option("--checkpoint-every", type=click.IntRange(1), metavar="K", help="Save every K steps too.")
@click.option("--resume", type=PATH, metavar="FILE", help="Go on from FILE and save there; options given change it.")
@click.option("--init", type=PATH, metavar="FILE", help="Begin with the parameters of FILE, those that fit NET.")
@json_option
def command(
    *,
    network: str | None,
    workers: int | None,
    broker: str | None,
    backend: str | None,
    plugins: tuple[str, ...],
    in_process: bool,
    checkpoint: Path | None,
    checkpoint_every: int | None,
    resume: Path | None,
    init: Path | None,
    json_path: str | None,
    **options: Any,
) -> None:
    """Train NET and wait for it; Ctrl-C cancels the run.

    To stop for a while, use `grid pause RUN` in another terminal: a paused run survives Ctrl-C, and `grid resume RUN`
    goes on with it. `grid resume RUN` also goes on with a run whose `grid train` was killed.

    NET is the name of a shipped network or a JSON file. The parameters that come out are the same, bit for bit, for
    any number of workers, and for a training that was cut off and resumed.

    \b
    Examples:
      grid train lenet --steps 500
      grid train lenet --steps 200 --batch-size 128 --shards 4 --seed 1 --workers 3 --json -
      grid train my-network.json --data ~/fashion-mnist --codec float32 --lr 0.02
      grid train lenet --optimizer adam --lr 0.001 --lr-policy step,gamma=0.5,step_size=300
      grid train lenet --local --checkpoint lenet.safetensors --checkpoint-every 100
      grid train --resume lenet.safetensors --steps 2000
      grid train my-lenet.json --init lenet.safetensors
    """
    fields = given_fields(options)
    if (network is None) == (resume is None):
        raise click.UsageError("expected NET, or --resume FILE, which names the network" + " itself" * bool(network))
    if init is not None and resume is not None:
        raise click.UsageError("expected --init FILE or --resume FILE, got both")
    if in_process and (broker is not None or workers is not None):
        raise click.UsageError("--local trains in this process: leave out --workers and --broker")
    if in_process and checkpoint_every is not None and checkpoint is None and resume is None:
        raise click.UsageError("--checkpoint-every needs --checkpoint FILE")
    settings = load_settings(broker, plugins)
    if not in_process and checkpoint_every is not None:
        fields["checkpoint_every"] = checkpoint_every
    beginning = None if resume is None else read_checkpoint(resume)
    given = {"network": resolve_network(str(network))} if beginning is None else beginning.job.model_dump()
    job = validate_job({**given, **fields})
    if init is not None:
        initialization = initialize_from(Plan(job, settings.data_dir), read_checkpoint(init))
        click.echo(f"{init}: {initialization}", err=True)
        beginning = initialization.checkpoint
    file = checkpoint or resume
    with progress_display(sys.stderr) as show:
        if in_process:
            saving = local.Saving(file, checkpoint_every or 0) if file else None
            record = local.train_local(
                job, settings=settings, on_progress=show, backend=backend, saving=saving, beginning=beginning
            )
        else:
            count = driver.DEFAULT_WORKERS if workers is None else workers
            record = driver.train(
                job, settings=settings, on_progress=show, workers=count, backend=backend, beginning=beginning, file=file
            )
    report(record, json_path)
