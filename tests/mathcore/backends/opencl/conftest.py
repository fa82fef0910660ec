"""The device under test and the specification it is compared with."""

from __future__ import annotations

import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend


@pytest.fixture(scope="session")
def device(tmp_path_factory: pytest.TempPathFactory) -> OpenCLBackend:
    """Return the OpenCL backend on the default device."""
    return OpenCLBackend(cache_dir=tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="session")
def reference() -> NumpyBackend:
    """Return the NumPy backend."""
    return NumpyBackend()
