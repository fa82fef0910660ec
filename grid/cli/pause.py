"""``grid pause``: let a run stand still."""

from __future__ import annotations

import click

from grid.cli.connection import broker_option, running_grid


@click.command("pause")
@click.argument("run")
@broker_option
def command(*, run: str, broker: str | None) -> None:
    """Let a RUN stand still until `grid resume RUN`; it then comes to the same parameters.

    \b
    Example:
      grid pause 4f1c09a2b7de
    """
    with running_grid(broker) as client:
        if client.store.pause(run):
            click.echo(f"run {run} paused; go on with `grid resume {run}`")
            return
        state = client.store.header(run).state
    click.echo(f"run {run} is paused already" if state == "paused" else f"run {run} is over already: {state}")
