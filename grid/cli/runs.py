"""``grid runs``: all runs that the control server knows."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from grid.cli.connection import broker_option, running_grid
from grid.cli.run_lines import network_name, since


@click.command("runs")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@broker_option
def command(*, as_json: bool, broker: str | None) -> None:
    """List all runs, the newest first.

    \b
    Example:
      grid runs
    """
    with running_grid(broker) as client:
        headers = client.store.runs()
    if as_json:
        click.echo(json.dumps([asdict(header) for header in headers], indent=2))
        return
    if not headers:
        click.echo("no runs yet; queue one with `grid submit lenet`")
        return
    table = Table("run", "state", "step", "network", "data", "submitted", box=None, header_style="bold")
    for header in headers:
        table.add_row(
            header.run, header.state, f"{header.step}/{header.steps}", network_name(header.job["network"]),
            str(header.job["data"]), since(header.created),
        )
    Console().print(table)
