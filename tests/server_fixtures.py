"""A real pair of embedded servers for a whole test session, and a store on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grid.servers import Servers, attach
from grid.store import Store


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers with ``control_url`` and ``blob_url``, stopped at the end of the session."""
    running = attach(tmp_path_factory.mktemp("state"))
    yield running
    running.close()


@pytest.fixture
def store(servers: Servers) -> Iterator[Store]:
    """A store on the session's servers; runs of other tests may be on them too."""
    opened = Store(servers.control_url, servers.blob_url)
    yield opened
    opened.close()
