"""The store is tested on every server program: these servers replace those of the tests around."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from grid.servers import Servers, attach
from grid.servers.process import ServerProcess
from grid.store import Store
from tests.grid.server_programs import server_programs

PROGRAMS = server_programs()

Create = Callable[..., str]
StartServer = Callable[..., ServerProcess]


@pytest.fixture(scope="session", params=list(PROGRAMS.values()), ids=list(PROGRAMS))
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    running = attach(tmp_path_factory.mktemp("state"), server_binary=request.param)
    yield running
    running.close()


@pytest.fixture
def create(store: Store) -> Create:
    """Return a function that creates a running run of small arrays; keywords replace its sizes."""

    def create_run(*, started: bool = True, **sizes: int) -> str:
        arrays = {"parameters": np.arange(8, dtype=np.float32), "optimizer": np.zeros(8, np.float32)}
        chosen = {"steps": 3, "shards": 2, "evaluation_shards": 2, **sizes}
        run = store.create_run(
            {"network": "lenet"}, steps=chosen["steps"], shards=chosen["shards"],
            evaluation_shards=chosen["evaluation_shards"], arrays=arrays,
        )
        if started:
            assert store.start(run)
        return run

    return create_run


@pytest.fixture(params=list(PROGRAMS.values()), ids=list(PROGRAMS))
def start_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartServer]:
    """Return a function that starts a server of the test's own from a configuration."""
    started: list[ServerProcess] = []

    def start(configuration: str, *, maxmemory: int = 2**28) -> ServerProcess:
        folder = tmp_path / f"server{len(started)}"
        server = ServerProcess(
            request.param, folder, configuration=configuration, password=secrets.token_hex(8), maxmemory=maxmemory
        )
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()
