"""``grid worker``: short for ``celery -A grid worker``."""

from __future__ import annotations

import os
import sys

import click

from grid.cli.connection import backend_option, broker_option, plugin_option
from grid.settings import child_environment, load


@click.command("worker", context_settings={"ignore_unknown_options": True})
@broker_option
@backend_option
@click.option("--device", metavar="DEVICE", help="Index or part of the name of one device; see `grid devices`.")
@plugin_option
@click.argument("celery_arguments", nargs=-1, type=click.UNPROCESSED)
def command(
    *, broker: str | None, backend: str | None, device: str | None,
    plugins: tuple[str, ...], celery_arguments: tuple[str, ...],
) -> None:
    """Compute for a grid on every OpenCL device of this machine, until Ctrl-C.

    CELERY_ARGUMENTS go to `celery -A grid worker` as they are. A worker may come and go at any time: what it leaves
    behind is computed by others.

    \b
    Examples:
      grid worker
      grid worker --broker redis://:password@192.168.1.10:6379/0 --loglevel INFO
    """
    overrides: dict[str, str | None] = {}
    if broker is not None:
        overrides.update({"GRID_BROKER_URL": broker, "GRID_BLOB_URL": None})
    if backend is not None:
        overrides["GRID_BACKEND"] = backend
    if device is not None:
        overrides["GRID_DEVICE"] = device
    if plugins:
        overrides["GRID_PLUGINS"] = ",".join((*load().plugins, *plugins))
    arguments = [sys.executable, "-m", "celery", "-A", "grid", "worker", *celery_arguments]
    sys.stdout.flush()
    os.execve(sys.executable, arguments, child_environment(overrides))
