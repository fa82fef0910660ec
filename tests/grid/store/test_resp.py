"""The plain connection: with real servers, and with a peer that is anything but."""

from __future__ import annotations

import os
import socket

import pytest

from grid.servers import Servers
from grid.store.resp import REPLY_LIMIT_BYTES, ReplyError, RespConnection
from grid.store.url import parse_url
from tests.grid.store.listeners import answering, listening


@pytest.fixture
def connection(servers: Servers) -> RespConnection:
    return RespConnection(parse_url(servers.blob_url))


def hostile(port: int) -> RespConnection:
    return RespConnection(parse_url(f"redis://127.0.0.1:{port}/0"), timeout_seconds=5.0)


def silent(connection: socket.socket) -> None:
    """Read all that comes, and answer nothing."""
    while connection.recv(65536):
        pass


def test_every_kind_of_reply_is_understood(connection: RespConnection) -> None:
    assert connection.call("PING") == b"PONG"
    assert connection.call("SET", "resp:text", "välue") == b"OK"
    assert connection.call("GET", "resp:text") == "välue".encode()
    assert connection.call("GET", "resp:none") is None
    assert connection.call("INCRBY", "resp:number", -7) == -7
    assert connection.call("LRANGE", "resp:list", 0, -1) == []
    assert connection.call("EVAL", "return {1, {'a', false}, 'b'}", 0) == [1, [b"a", None], b"b"]
    assert connection.call("DEL", "resp:text", "resp:number") == 2


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 4 << 20, (4 << 20) + 1])
def test_values_of_all_sizes_go_and_come_back(connection: RespConnection, size: int) -> None:
    data = os.urandom(size)
    connection.call("SET", "resp:value", memoryview(data))
    target = bytearray(size)
    assert connection.get_into("resp:value", memoryview(target)) == size
    assert target == data
    assert connection.call("PING") == b"PONG"
    connection.call("DEL", "resp:value")


def test_a_value_of_another_size_is_not_read(connection: RespConnection) -> None:
    connection.call("SET", "resp:value", "123456")
    target = bytearray(4)
    assert connection.get_into("resp:value", memoryview(target)) == 6
    assert target == bytes(4)
    assert connection.get_into("resp:none", memoryview(target)) is None
    assert connection.call("DEL", "resp:value") == 1


def test_a_refusal_is_raised_and_the_connection_goes_on(connection: RespConnection) -> None:
    connection.call("RPUSH", "resp:list", 1)
    with pytest.raises(ReplyError, match="WRONGTYPE"):
        connection.call("GET", "resp:list")
    with pytest.raises(ReplyError, match="WRONGTYPE"):
        connection.get_into("resp:list", memoryview(bytearray(3)))
    assert connection.call("DEL", "resp:list") == 1


def test_a_login_that_is_refused_is_raised_each_time(servers: Servers) -> None:
    port = parse_url(servers.blob_url).port
    wrong = RespConnection(parse_url(f"redis://:wrong@127.0.0.1:{port}/0"))
    for _ in range(2):
        with pytest.raises(ReplyError, match="WRONGPASS"):
            wrong.call("PING")


def test_a_database_is_selected(servers: Servers) -> None:
    second = RespConnection(parse_url(servers.blob_url.removesuffix("/0") + "/2"))
    second.call("SET", "resp:second", 1)
    assert RespConnection(parse_url(servers.blob_url)).call("GET", "resp:second") is None
    assert second.call("DEL", "resp:second") == 1


def test_a_connection_that_was_cut_is_opened_again(connection: RespConnection) -> None:
    number = connection.call("CLIENT", "ID")
    other = RespConnection(connection._url)
    assert isinstance(number, int)
    other.call("CLIENT", "KILL", "ID", number)
    with pytest.raises(OSError, match="closed|reset|[Pp]ipe"):
        connection.call("PING")
    assert connection.call("PING") == b"PONG"


class Interrupted(BaseException):
    """What stops a call halfway, as a keyboard interrupt does."""


def test_a_call_that_was_interrupted_leaves_no_reply_for_the_next(
    connection: RespConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise Interrupted

    connection.call("SET", "resp:value", "of the first call")
    with monkeypatch.context() as patch:
        patch.setattr(connection, "_head", interrupt)
        with pytest.raises(Interrupted):
            connection.call("GET", "resp:value")
    assert connection.call("PING") == b"PONG"
    connection.call("DEL", "resp:value")


@pytest.mark.parametrize("reply", [
    b"HTTP/1.1 400 Bad Request\r\n", b"$x\r\n", b"$-\r\n", b"$999999999999999999999999\r\n", b":one\r\n", b"\r\n",
    b"$5\r\nab", b"+no end", b"", b"*1000000000\r\n", b"*2\r\n:1\r\n-ERR inside\r\n", b"*1\r\n" * 20,
    b"$%d\r\n" % (REPLY_LIMIT_BYTES + 1), b"+" + b"x" * 100_000,
])
def test_a_peer_that_is_no_redis_server_is_an_os_error(reply: bytes) -> None:
    with listening(answering(reply)) as port:
        connection = hostile(port)
        with pytest.raises(OSError, match="expected|closed"):
            connection.call("PING")
        connection.close()


def test_a_value_that_ends_early_is_an_os_error() -> None:
    with listening(answering(b"$8\r\nfour")) as port:
        connection = hostile(port)
        with pytest.raises(OSError, match="closed"):
            connection.get_into("key", memoryview(bytearray(8)))
        connection.close()


def test_a_peer_that_says_nothing_times_out() -> None:
    with listening(silent) as port:
        connection = RespConnection(parse_url(f"redis://127.0.0.1:{port}/0"), timeout_seconds=0.05)
        with pytest.raises(TimeoutError):
            connection.call("PING")
        connection.close()
