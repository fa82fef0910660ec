"""``grid cancel``: stop a run for good."""

from __future__ import annotations

import click

from grid.cli.connection import broker_option, running_grid


@click.command("cancel")
@click.argument("run")
@broker_option
def command(*, run: str, broker: str | None) -> None:
    """Stop a RUN for good; workers drop what they have of it.

    \b
    Example:
      grid cancel 4f1c09a2b7de
    """
    with running_grid(broker) as client:
        if client.store.cancel(run):
            click.echo(f"run {run} cancelled")
        else:
            click.echo(f"run {run} is over already: {client.store.header(run).state}")
