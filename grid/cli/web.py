"""``grid web``: short for ``flask --app web run`` with the servers of a grid."""

from __future__ import annotations

import os
import sys

import click

from grid.cli.connection import broker_option
from grid.settings import child_environment


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=5000, show_default=True, help="Port to listen on.")
@broker_option
def command(*, host: str, port: int, broker: str | None) -> None:
    """Serve the status pages until Ctrl-C.

    The pages have no login: listen on other addresses than 127.0.0.1 only inside a network that you trust.

    \b
    Example:
      grid web --port 8000
    """
    overrides = {} if broker is None else {"GRID_BROKER_URL": broker, "GRID_BLOB_URL": None}
    arguments = [sys.executable, "-m", "flask", "--app", "web", "run", "--host", host, "--port", str(port)]
    sys.stdout.flush()
    os.execve(sys.executable, arguments, child_environment(overrides))
