"""``grid devices``: what this machine could compute with, what it would, and why."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from mathcore.backends.opencl.devices import DeviceInfo, list_devices
from mathcore.errors import DeviceError

MEBIBYTE = 2**20


@click.command("devices")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def command(*, as_json: bool) -> None:
    """List every OpenCL device, and the default with the reason for the choice.

    A worker serves the devices of its machine. GRID_DEVICE, an index or a part of a name, picks one;
    GRID_BACKEND=numpy computes without OpenCL.

    \b
    Example:
      grid devices
      GRID_DEVICE=1 grid worker
    """
    try:
        devices = list_devices()
        missing = "no OpenCL device found"
    except DeviceError as error:
        devices, missing = [], str(error)
    default = next((device for device in devices if device.default), None)
    reason = default.reason if default else f"{missing}; computing with NumPy"
    if as_json:
        chosen = default.index if default else None
        listing = [asdict(device) for device in devices]
        click.echo(json.dumps({"devices": listing, "default": chosen, "reason": reason}, indent=2))
        return
    if devices:
        Console().print(_table(devices))
    click.echo(f"default: {f'{default.index} {default.name}' if default else 'NumPy'} ({reason})")


def _table(devices: list[DeviceInfo]) -> Table:
    table = Table("", "device", "kind", "platform", "units", "MiB", "driver", box=None, header_style="bold")
    for device in devices:
        mark = f"{'*' if device.default else ' '}{device.index}"
        table.add_row(
            mark, device.name, device.kind, device.platform, str(device.compute_units),
            f"{device.memory_bytes // MEBIBYTE:,}", device.driver,
        )
    return table
