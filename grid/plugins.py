"""Layers and optimizers of users: modules outside of the packages, imported because the settings name them.

Which modules a process imports is for whoever starts it to say (``GRID_PLUGINS``, ``--plugin``), never for a job: jobs
come from strangers, and must not make a worker import code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib import import_module

from grid.errors import SettingsError


def load_plugins(names: Iterable[str]) -> None:
    """Import modules, which register what they define; found on Python's path and in the working directory.

    Raises:
        SettingsError: if one cannot be imported; names it and the reason.
    """
    for name in names:
        # A console script's path does not hold the working directory; last, so that it hides nothing.
        if os.getcwd() not in sys.path:
            sys.path.append(os.getcwd())
        try:
            import_module(name)
        except Exception as error:  # whatever goes wrong in somebody's module has to be told in one line
            raise SettingsError(
                f"plugin {name}: expected a module that can be imported, got {type(error).__name__}: {error}; "
                "correct it, --plugin or GRID_PLUGINS"
            ) from error
