"""Large values on one and on several servers: pipelined, cut off in the middle, refused, spread by their keys."""

from __future__ import annotations

import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from zlib import crc32

import pytest

from grid.errors import BlobCorruptError, BlobMissingError, BlobsFullError, GridError, StoreError
from grid.servers import Servers
from grid.servers.process import BLOBS, ServerProcess
from grid.store import chunks, keys
from grid.store.blob_server import BlobServer
from grid.store.blobs import READ_AHEAD, Blobs, Item

MIB = 2**20

StartServer = Callable[..., ServerProcess]


@pytest.fixture
def blobs(servers: Servers) -> Blobs:
    return Blobs(servers.blob_url)


def items_of(sizes: list[int]) -> list[Item]:
    name = secrets.token_hex(4)
    return [(f"{name}:{index}", memoryview(os.urandom(size))) for index, size in enumerate(sizes)]


def empty(items: list[Item]) -> list[Item]:
    return [(key, memoryview(bytearray(len(data)))) for key, data in items]


@pytest.mark.parametrize("sizes", [[], [0], [7], [1, 0, 70_000, 2], [MIB] * 11, [5 * MIB, 1, 5 * MIB]])
def test_values_are_written_and_read_in_order(blobs: Blobs, sizes: list[int]) -> None:
    items = items_of(sizes)
    targets = empty(items)
    arrived: list[str] = []
    blobs.write(items, ttl_seconds=60)
    blobs.read_into(targets, lambda item: arrived.append(item[0]))
    assert targets == items
    assert arrived == [key for key, _ in items]
    blobs.unlink(key for key, _ in items)


@pytest.mark.parametrize(("found", "error", "expected"), [
    (None, BlobMissingError, "expected 10 bytes, got no value; read the header again"),
    (b"too long for it", BlobCorruptError, "expected 10 bytes, got 15"),
])
def test_a_value_that_is_gone_or_has_another_size_is_told(
    blobs: Blobs, found: bytes | None, error: type[GridError], expected: str
) -> None:
    items = items_of([10, 10, 10, 10])
    blobs.write(items)
    blobs.unlink([items[1][0]])
    if found is not None:
        blobs.call("SET", items[1][0], found)
    arrived: list[str] = []
    with pytest.raises(error, match=f"^blob {items[1][0]}: {expected}"):
        blobs.read_into(empty(items), lambda item: arrived.append(item[0]))
    assert arrived == [items[0][0]]
    # The replies that were under way do not reach the next reader.
    last = empty(items[3:])
    blobs.read_into(last, lambda item: None)
    assert last == items[3:]
    blobs.unlink(key for key, _ in items)


def test_few_replies_wait_on_the_server(blobs: Blobs) -> None:
    # Given: what Redis has ready for a client counts as its memory, and it copies; so few GETs may be under way
    items = items_of([1000] * 20)
    blobs.write(items)
    connection = blobs.servers[0].take()
    most = 0

    def arrived(item: Item) -> None:
        nonlocal most
        most = max(most, connection.owed + 1)

    blobs.servers[0].give_back(connection)
    blobs.read_into(empty(items), arrived)
    assert 1 < most <= READ_AHEAD
    blobs.unlink(key for key, _ in items)


def test_a_connection_cut_in_the_middle_costs_no_value(blobs: Blobs) -> None:
    items = items_of([MIB] * 12)
    targets = empty(items)
    other = BlobServer(f"redis://:{blobs.servers[0].url.password}@127.0.0.1:{blobs.servers[0].url.port}/0")
    arrived: list[str] = []

    def cut(item: Item) -> None:
        arrived.append(item[0])
        if len(arrived) in (3, 4, 9):
            other.call("CLIENT", "KILL", "TYPE", "normal")

    blobs.write(items)
    blobs.read_into(targets, cut)
    assert arrived == [key for key, _ in items]
    assert targets == items
    blobs.unlink(key for key, _ in items)


def test_a_write_during_a_restart_arrives_whole(start_server: StartServer) -> None:
    server = start_server(BLOBS)
    blobs = Blobs(server.url)
    items = items_of([MIB] * 4)
    server.stop()
    writing = threading.Thread(target=blobs.write, args=(items,))
    writing.start()
    assert server.restart_if_dead()
    writing.join(timeout=30)
    targets = empty(items)
    blobs.read_into(targets, lambda item: None)
    assert targets == items


def test_a_refusal_leaves_nothing_under_way(start_server: StartServer) -> None:
    blobs = Blobs(start_server(BLOBS, maxmemory=16 * MIB).url)
    with pytest.raises(BlobsFullError, match="out of memory"):
        blobs.write(items_of([2 * MIB] * 20))
    # What the caller does next takes effect last, and the connection goes on.
    blobs.unlink(blobs.keys_of(""))
    assert blobs.keys_of("") == []
    blobs.call("SET", "small", "value")
    assert blobs.call("GET", "small") == b"value"


def test_a_refused_read_names_the_server(blobs: Blobs) -> None:
    blobs.call("RPUSH", "refused:list", 1)
    with pytest.raises(StoreError, match=r"^blob server redis://127\.0\.0\.1:\d+/0: expected keys as Nabe writes them"):
        blobs.read_into([("refused:list", memoryview(bytearray(1)))], lambda item: None)
    blobs.unlink(["refused:list"])


def test_values_are_spread_over_several_servers_by_their_keys(start_server: StartServer) -> None:
    # Given three servers
    started = [start_server(BLOBS) for _ in range(3)]
    blobs = Blobs(", ".join(server.url for server in started))
    prefix = keys.gradient("0" * 12, 0, 0, "f" * 16)
    items = [(f"{prefix}:{index}", memoryview(os.urandom(100_000 + index))) for index in range(40)]
    # When values are written
    blobs.write(items)
    # Then each is on the server that the documented rule names, and on no other
    for number, server in enumerate(blobs.servers):
        expected = sorted(key for key, _ in items if crc32(key.encode()) % 3 == number)
        assert sorted(server.keys_of("")) == expected
    assert min(Counter(crc32(key.encode()) % 3 for key, _ in items).values()) >= 5
    # And all are found, read and deleted again, by another process too
    other = Blobs(",".join(server.url for server in started))
    assert sorted(other.keys_of(prefix)) == sorted(key for key, _ in items)
    targets = empty(items)
    other.read_into(targets, lambda item: None)
    assert targets == items
    other.unlink(other.keys_of(prefix))
    assert blobs.keys_of("") == []


def test_trouble_with_one_of_several_servers_names_it(start_server: StartServer) -> None:
    started = [start_server(BLOBS), start_server(BLOBS, maxmemory=8 * MIB)]
    blobs = Blobs(",".join(server.url for server in started))
    assert blobs.url == f"redis://127.0.0.1:{started[0].port}/0, redis://127.0.0.1:{started[1].port}/0"
    with pytest.raises(BlobsFullError, match=f"^blob server redis://127.0.0.1:{started[1].port}/0: out of memory"):
        blobs.write(items_of([2 * MIB] * 20))


@pytest.mark.parametrize("count", [0, 1, chunks.CHUNK_BYTES, 3 * chunks.CHUNK_BYTES + 1])
def test_chunks_come_back_and_damage_is_seen(blobs: Blobs, count: int) -> None:
    data, prefix = os.urandom(count), f"damage:{secrets.token_hex(4)}"
    digests = chunks.write(blobs, prefix, memoryview(data), ttl_seconds=60)
    target = bytearray(count)
    chunks.read(blobs, prefix, memoryview(target), digests)
    assert target == data
    if count:
        blobs.unlink([keys.chunk(prefix, len(digests) - 1)])
        with pytest.raises(BlobMissingError, match="got no value; read the header again"):
            chunks.read(blobs, prefix, memoryview(target), digests)
    blobs.unlink(chunks.chunk_keys(prefix, len(digests)))
