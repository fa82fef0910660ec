"""The option that names the servers, and the connection that a command makes with it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import click

from grid.client import Client, client_on
from grid.connection import connect
from grid.plugins import load_plugins
from grid.settings import Settings, load

broker_option = click.option(
    "--broker",
    metavar="URL",
    help="Control server, such as redis://:password@host:6379/0; it then holds the blobs too. "
    "[default: GRID_BROKER_URL and GRID_BLOB_URL, else servers of this machine]",
)

backend_option = click.option(
    "--backend",
    type=click.Choice(["opencl", "numpy"]),
    help="What computes.  [default: opencl where a device is found]",
)


plugin_option = click.option(
    "--plugin",
    "plugins",
    metavar="MODULE",
    multiple=True,
    help="Python module with layers or optimizers of your own; may be repeated.  [default: GRID_PLUGINS]",
)


def load_settings(broker: str | None, plugins: Sequence[str] = ()) -> Settings:
    """Return the settings of the environment, and import the plugins that it and the command line name.

    A broker that was given on the command line replaces both servers.
    """
    settings = load()
    settings = replace(settings, plugins=(*settings.plugins, *plugins))
    load_plugins(settings.plugins)
    return settings if broker is None else replace(settings, broker_url=broker, blob_url=None)


def running_grid(broker: str | None) -> AbstractContextManager[Client]:
    """Return a client, for a ``with``, on servers that are already there.

    Raises:
        BrokerError: if there are none, or they do not answer.
    """
    return client_on(connect(load_settings(broker)))
