"""``grid summary``: what a network consists of and costs."""

from __future__ import annotations

import click

from grid.cli.record import json_option, report_as
from grid.job import resolve_network
from grid.networks import load_network
from mathcore.network import Network


@click.command("summary")
@click.argument("network", metavar="NET")
@click.option("--batch-size", type=click.IntRange(1, 2**20), default=1, show_default=True, help="Examples a step.")
@json_option
def command(*, network: str, batch_size: int, json_path: str | None) -> None:
    """Show layers, shapes, parameters, operations and memory of NET, a shipped network or a JSON file.

    \b
    Examples:
      grid summary vgg16 --batch-size 8
      grid summary my-network.json --json -
    """
    summary = Network(load_network(resolve_network(network))).summary(batch_size)
    report_as(str(summary), summary.record(), json_path)
