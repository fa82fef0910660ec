"""``grid time``: where the time of a training step goes, layer by layer."""

from __future__ import annotations

from dataclasses import replace

import click

from grid.cli.connection import backend_option, load_settings, plugin_option
from grid.cli.record import json_option, report_as
from grid.devices import create_backend
from grid.job import resolve_network
from grid.layer_times import as_table, measure_layers
from grid.networks import load_network
from mathcore.network import Network


@click.command("time")
@click.argument("network", metavar="NET")
@click.option("--batch-size", type=click.IntRange(1, 2**20), default=64, show_default=True, help="Examples a step.")
@click.option("--repeats", type=click.IntRange(1, 1000), default=5, show_default=True, help="Steps; medians count.")
@backend_option
@plugin_option
@json_option
def command(
    *, network: str, batch_size: int, repeats: int, backend: str | None, plugins: tuple[str, ...], json_path: str | None
) -> None:
    """Show milliseconds, GFLOP/s and GB/s of each layer of NET in a training step, on synthetic data.

    Each stands beside its floor: what its operations or its bytes would take at the speed of a large matrix product or
    a large copy, measured on the same device. Layers that run in one go are one line, named by the first.

    \b
    Examples:
      grid time lenet
      grid time vgg16 --batch-size 8 --json -
    """
    settings = load_settings(None, plugins)
    chosen = settings if backend is None else replace(settings, backend=backend)
    built = Network(load_network(resolve_network(network)))
    record = measure_layers(built, create_backend(chosen), batch_size=batch_size, repeats=repeats)
    report_as(as_table(record), {"network": network, **record}, json_path)
