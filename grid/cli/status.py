"""``grid status``: one run, now."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from grid.cli.connection import broker_option, running_grid
from grid.cli.run_lines import status_lines


@click.command("status")
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print the header and the history as JSON.")
@broker_option
def command(*, run: str, as_json: bool, broker: str | None) -> None:
    """Show the state, the last loss and the last accuracy of a RUN.

    \b
    Examples:
      grid status 4f1c09a2b7de
      grid status 4f1c09a2b7de --json
    """
    with running_grid(broker) as client:
        header = client.store.header(run)
        history = client.store.history(run)
        banned = {worker: ban for worker, ban in client.store.banned().items() if ban.get("run") == run}
    if as_json:
        click.echo(json.dumps({**asdict(header), "history": history, "banned": banned}, indent=2))
    else:
        bans = [f"banned     {worker} at step {ban.get('step')}: {ban.get('reason')}" for worker, ban in banned.items()]
        click.echo("\n".join([*status_lines(header, history), *bans]))
