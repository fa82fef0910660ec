"""What all tests share: which of them this machine can run. In CI nothing is left out for want of a browser."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from tests.server_fixtures import servers, store

__all__ = ["servers", "store"]  # fixtures of all tests below

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVERS = ("chromedriver",)


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell starts its background jobs with SIGINT ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def missing_browser() -> str:
    """Return what a browser test lacks here, or nothing."""
    lacks = [names[0] for names in (BROWSERS, DRIVERS) if not any(map(shutil.which, names))]
    return f"needs {' and '.join(lacks)}; on Debian: apt-get install chromium chromium-driver" if lacks else ""


def has_opencl_gpu() -> bool:
    """Return whether an OpenCL GPU is here."""
    from mathcore.backends.opencl.devices import list_devices
    from mathcore.errors import DeviceError

    try:
        return any(device.kind == "gpu" for device in list_devices())
    except DeviceError:
        return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run, with the reason; in CI a missing browser stops the test run."""
    _leave_out_browser_tests([item for item in items if item.get_closest_marker("browser")])
    gpu_tests = [item for item in items if item.get_closest_marker("gpu")]
    if gpu_tests and not has_opencl_gpu():
        for item in gpu_tests:
            item.add_marker(pytest.mark.skip(reason="needs an OpenCL GPU"))


def _leave_out_browser_tests(items: list[pytest.Item]) -> None:
    reason = missing_browser()
    if not items or not reason:
        return
    if os.environ.get("CI"):
        raise pytest.UsageError(f"{len(items)} browser tests: {reason}")
    for item in items:
        item.add_marker(pytest.mark.skip(reason=reason))
