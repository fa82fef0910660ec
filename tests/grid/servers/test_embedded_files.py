"""The files of the embedded servers: damaged, of another user, or read by nobody else."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from grid.errors import ServerError
from grid.servers import attach
from grid.store import Store
from grid.store.resp import ReplyError, RespConnection
from grid.store.url import parse_url
from tests.grid.processes import wait_until
from tests.grid.servers.attaching import address_of, processes_in


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"control_port": 0}', b"\xff" * 100, b"{" * 5000])
def test_a_damaged_address_file_is_replaced(state_dir: Path, program: Path, content: bytes) -> None:
    (state_dir / "servers").mkdir(parents=True)
    (state_dir / "servers" / "servers.json").write_bytes(content)
    servers = attach(state_dir, server_binary=program)
    assert address_of(state_dir).control_url == servers.control_url
    servers.close()


def test_no_client_gets_in_without_the_password(state_dir: Path, program: Path) -> None:
    servers = attach(state_dir, server_binary=program)
    address = address_of(state_dir)
    for port in (address.control_port, address.blob_port):
        for url in (f"redis://127.0.0.1:{port}/0", f"redis://:wrong@127.0.0.1:{port}/0"):
            with pytest.raises(ReplyError):
                RespConnection(parse_url(url)).call("GET", "runs")
    servers.close()


def test_files_with_the_password_are_the_owners_alone_and_no_command_line_shows_it(
    state_dir: Path, program: Path
) -> None:
    servers = attach(state_dir, server_binary=program)
    folder = state_dir / "servers"
    password = address_of(state_dir).password
    holding = [path for path in folder.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
    assert {path.name for path in holding} == {"servers.json", "server.conf"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in holding} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert password not in shown
    servers.close()


def test_the_servers_have_the_settings_that_their_work_needs(state_dir: Path, program: Path) -> None:
    servers = attach(state_dir, server_binary=program)
    store = Store(servers.control_url, servers.blob_url)

    def setting(url: str, name: str) -> str:
        reply = RespConnection(parse_url(url)).call("CONFIG", "GET", name)
        assert isinstance(reply, list)
        assert isinstance(reply[1], bytes)
        return reply[1].decode()

    store.ping()
    for url, append_only in ((servers.control_url, "yes"), (servers.blob_url, "no")):
        assert setting(url, "maxmemory-policy") == "noeviction"
        assert setting(url, "appendonly") == append_only
        assert setting(url, "save") == ""
        assert setting(url, "bind") == "127.0.0.1"
    assert setting(servers.control_url, "maxmemory") == str(256 * 2**20)
    assert 0 < int(setting(servers.blob_url, "maxmemory")) < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    servers.close()


def test_a_program_that_is_no_server_gives_one_clear_line(state_dir: Path) -> None:
    with pytest.raises(ServerError, match="the embedded servers do not start: false does not start") as caught:
        attach(state_dir, server_binary="false")
    assert "\n" not in str(caught.value)


def test_a_damaged_append_only_file_gives_a_clear_line_that_names_the_log(state_dir: Path, program: Path) -> None:
    servers = attach(state_dir, server_binary=program)
    Store(servers.control_url, servers.blob_url).heartbeat("w", {})
    servers.close()
    wait_until(lambda: not processes_in(state_dir))
    (written,) = (state_dir / "servers" / "control").rglob("*.incr.aof")
    written.write_bytes(b"*3\r\nnoise" + written.read_bytes())
    with pytest.raises(ServerError, match=r"control/server\.log"):
        attach(state_dir, server_binary=program)


def test_a_state_folder_that_cannot_be_made_gives_a_clear_line(tmp_path: Path, program: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ServerError, match="cannot be used: .*; set GRID_STATE_DIR elsewhere"):
        attach(tmp_path / "file", server_binary=program)


def test_a_folder_of_another_user_is_not_used(
    state_dir: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    with pytest.raises(ServerError, match="expected a folder of this user"):
        attach(state_dir, server_binary=program)
