"""The two backends that public functions are tested on."""

from __future__ import annotations

import pytest

from mathcore import backends
from mathcore.backends.base import Backend


@pytest.fixture(scope="session")
def _opencl(tmp_path_factory: pytest.TempPathFactory) -> Backend:
    return backends.create("opencl", cache_dir=tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="session")
def _numpy() -> Backend:
    return backends.create("numpy")


@pytest.fixture(scope="session", params=["numpy", "opencl"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Return each backend in turn; one instance of each serves all tests."""
    chosen: Backend = request.getfixturevalue(f"_{request.param}")
    return chosen
