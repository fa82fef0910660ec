"""The device under test and the specification it is compared with."""

from __future__ import annotations

import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend


@pytest.fixture(scope="session")
def device(_opencl: OpenCLBackend) -> OpenCLBackend:
    """Return the OpenCL backend on the default device, the one that public functions are tested on."""
    return _opencl


@pytest.fixture(scope="session")
def reference() -> NumpyBackend:
    """Return the NumPy backend."""
    return NumpyBackend()
