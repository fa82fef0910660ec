"""``grid demo``: servers, two workers and the status pages on this machine, and a LeNet that learns MNIST."""

from __future__ import annotations

import sys
import time

import click

from grid import driver
from grid.cli.connection import backend_option, load_settings
from grid.cli.progress_display import progress_display
from grid.cli.record import summary
from grid.cli.web_server import WebServer
from grid.client import Client
from grid.job import Job
from grid.local_workers import LocalWorkers

CHECK_SECONDS = 0.5
FOUR_EPOCHS = 940  # of 60,000 images, 256 a step


@click.command("demo")
@click.option("--exit", "exit_when_done", is_flag=True, help="End when the training is done.")
@click.option("--steps", type=click.IntRange(1), default=FOUR_EPOCHS, show_default=True, help="How many updates.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Worker processes.")
@click.option("--port", type=click.IntRange(1, 65535), default=5000, show_default=True, help="Port of the page.")
@backend_option
def command(*, exit_when_done: bool, steps: int, workers: int, port: int, backend: str | None) -> None:
    """Train LeNet on MNIST on this machine and show it on a web page, until Ctrl-C.

    Needs no server, no driver and no GPU: Redis servers are started for the time being, and computing is done by the
    best OpenCL device, or by NumPy.

    \b
    Examples:
      grid demo
      grid demo --exit
    """
    settings = load_settings(None)
    job = Job(
        steps=steps, batch_size=256, shards=4, learning_rate=0.1,
        lr_policy={"type": "cosine", "max_steps": steps}, evaluate_every=235,
    )  # fmt: skip
    log_dir = settings.state_dir / "logs"
    with driver.open_client(settings) as client, WebServer(client.connection, port=port, log_dir=log_dir) as web:
        click.echo(f"status page: {web.url}")
        run = client.submit(job, settings.data_dir)
        with driver.compute(client, settings, workers=workers, backend=backend) as local:
            _train(client, run, local)
            click.echo(summary(driver.finished_record(client.store, run, settings.state_dir)))
            if not exit_when_done:
                click.echo(f"status page: {web.url}  (Ctrl-C ends)")
                _serve(local)


def _train(client: Client, run: str, local: LocalWorkers) -> None:
    """Follow the run to its end; Ctrl-C and SIGTERM cancel it."""
    try:
        with progress_display(sys.stderr) as show:
            driver.follow(client.store, run, show, local)
    except (KeyboardInterrupt, SystemExit):
        client.store.cancel(run)
        raise


def _serve(local: LocalWorkers) -> None:
    """Keep the workers at the service of jobs from the page until Ctrl-C."""
    try:
        while True:
            local.check()
            time.sleep(CHECK_SECONDS)
    except KeyboardInterrupt:
        click.echo("stopping", err=True)
