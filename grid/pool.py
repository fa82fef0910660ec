"""Which devices one `celery -A grid worker` serves: all of the machine, unless the settings name one.

The devices are listed in a child process, because touching OpenCL before a fork makes some drivers hang in the child.
"""

from __future__ import annotations

import json
import subprocess
import sys

from grid.settings import Settings, child_environment

PROBE_TIMEOUT_SECONDS = 60


def served_devices(settings: Settings) -> list[str | None]:
    """Return a device selector for each process to start; ``None`` is the default device (or none at all)."""
    if settings.backend == "numpy" or settings.device or settings.device_share:
        return [settings.device]
    return [str(index) for index in _probe()] or [None]


def _probe() -> list[int]:
    """Return the indices of all GPUs and accelerators and of one CPU device (several drivers may show the same CPU)."""
    listing = subprocess.run(
        [sys.executable, "-m", "grid.probe"],
        capture_output=True, text=True, timeout=PROBE_TIMEOUT_SECONDS, env=child_environment({}), check=False,
    )
    if listing.returncode != 0:
        return []
    devices = json.loads(listing.stdout)
    others = [device["index"] for device in devices if device["kind"] != "cpu"]
    processors = [device["index"] for device in devices if device["kind"] == "cpu"]
    return others + processors[:1]
