"""2,000 damaged messages and 2,000 damaged records: what is not of ours is refused, and no worker ends of it."""

from __future__ import annotations

import base64
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grid.client import Client
from grid.connection import Connection
from grid.dispatch import QUEUE, Dispatcher
from grid.errors import GridError, MessageError
from grid.job import Job
from grid.messages import checked
from grid.settings import child_environment, load
from grid.store import LogEntry, Seals, manifest
from grid.store.json_object import encode
from grid.store.log import parse_entry
from grid.store.manifest import ArrayEntry
from grid.store.payloads import Stored
from grid.store.records import parse_header, parse_record
from tests.fuzz import mutations
from tests.grid.processes import running, wait_until
from tests.tasks.conftest import SMALL_NETWORK

RUN = "0123456789ab"


@pytest.fixture
def connection(servers: Any) -> Connection:
    return Connection(servers.control_url, servers.blob_url)


@pytest.fixture
def sent(connection: Connection) -> list[bytes]:
    """Messages of every kind; they are off the queue again."""
    control = connection.open_store("test").control
    dispatcher = Dispatcher(control)
    control.call("DEL", QUEUE)
    dispatcher.send_step(RUN, 3, 1)
    dispatcher.send_apply(RUN, 3)
    dispatcher.send_evaluate(RUN, 3, 1)
    messages = list(control.call("LRANGE", QUEUE, 0, -1))
    control.call("DEL", QUEUE)
    assert len(messages) == 3
    return messages


def task_of(item: bytes) -> tuple[str, list[Any]]:
    """Return the task and the arguments of a message that was checked."""
    message = json.loads(item)
    arguments, keywords, embedded = json.loads(base64.b64decode(message["body"]))
    assert keywords == {}
    assert embedded["callbacks"] is embedded["errbacks"] is embedded["chain"] is None
    return message["headers"]["task"], arguments


def damaged_message(message: bytes, chance: random.Random) -> bytes:
    """Damage the envelope, or the body inside it."""
    if chance.random() < 0.5:
        return mutations.damaged(message, chance, is_json=True)
    envelope = json.loads(message)
    body = mutations.damaged(base64.b64decode(envelope["body"]), chance, is_json=True)
    return json.dumps({**envelope, "body": base64.b64encode(body).decode()}).encode()


def test_messages_of_ours_are_handed_on(sent: list[bytes]) -> None:
    tasks = sorted(task_of(checked(message, queue=QUEUE)) for message in sent)
    assert tasks == [
        ("tasks.apply", [RUN, 3]), ("tasks.evaluate", [RUN, 3, 1]), ("tasks.gradient", [RUN, 3])
    ]  # fmt: skip


def test_a_damaged_message_can_at_most_name_another_step(sent: list[bytes]) -> None:
    chance, handed_on = random.Random(21), 0
    for index in range(2000):
        try:
            task, (run, *numbers) = task_of(checked(damaged_message(sent[index % 3], chance), queue=QUEUE))
        except MessageError:
            continue
        assert task in ("tasks.apply", "tasks.evaluate", "tasks.gradient")
        assert len(run) == 12
        assert int(run, 16) >= 0
        assert all(type(number) is int and 0 <= number < 2**53 for number in numbers)
        handed_on += 1
    assert handed_on < 1000


@pytest.mark.parametrize("kind", ["callbacks", "errbacks", "chain"])
def test_a_message_with_more_tasks_inside_is_refused(sent: list[bytes], kind: str) -> None:
    envelope = json.loads(sent[0])
    body = json.loads(base64.b64decode(envelope["body"]))
    body[2][kind] = [{"task": "tasks.apply", "args": [RUN, 3], "kwargs": {}, "options": {}}]
    envelope["body"] = base64.b64encode(json.dumps(body).encode()).decode()
    with pytest.raises(MessageError, match="expected no callbacks"):
        checked(json.dumps(envelope).encode(), queue=QUEUE)


def test_damaged_records_are_refused_or_say_what_they_must() -> None:
    chance = random.Random(22)
    entry = LogEntry(3, "0" * 16, "1" * 16, Stored("1" * 16, 5, ["a" * 64]), 77)
    whole = manifest.record({"parameters": ArrayEntry(5, ["b" * 64])})
    job = encode({"network": "lenet"}, what="job", limit_bytes=1000)
    fields = {
        b"job": job, b"state": b"running", b"phase": b"gradient", b"step": b"3", b"steps": b"9", b"shards": b"2",
        b"evaluation_shards": b"2", b"token": b"0" * 16, b"snapshot": b"0" * 16, b"snapshot_step": b"0",
        b"created": b"1.5", b"bytes_up": b"0", b"bytes_down": b"0",
    }  # fmt: skip
    assert parse_header(RUN, fields).step == 3
    records = [json.dumps(entry.record()).encode(), json.dumps(whole).encode()]
    readers: list[Callable[[bytes], object]] = [
        lambda data: parse_entry(RUN, 3, data), lambda data: manifest.decode(data, what="manifest")
    ]  # fmt: skip
    refused = 0
    for index in range(1000):
        name = chance.choice(list(fields))
        hostile = {**fields, name: mutations.damaged(fields[name], chance)}
        damaged = mutations.damaged(records[index % 2], chance, is_json=True)
        try:
            readers[index % 2](damaged)
        except GridError:
            refused += 1
        try:
            parse_header(RUN, hostile)
        except GridError:
            refused += 1
    assert refused > 1000


def test_no_damaged_record_keeps_its_seal() -> None:
    chance, seals = random.Random(23), Seals(b"a secret of a test", "host:1")
    entry = LogEntry(3, "0" * 16, "1" * 16, Stored("1" * 16, 5, ["a" * 64]), 77)
    sealed = seals.seal(entry.record(), context="here")
    data = json.dumps(sealed).encode()
    for _ in range(1000):
        damaged = mutations.damaged(data, chance, is_json=True)
        try:
            record = parse_record(damaged, what="here")
            seals.check(record, context="here")
        except GridError:
            continue
        assert record == sealed


def test_a_worker_that_gets_garbage_still_computes(connection: Connection, sent: list[bytes], tmp_path: Path) -> None:
    chance = random.Random(24)
    client = Client(connection)
    queue = client.store.control
    environment = child_environment({
        "GRID_BROKER_URL": connection.control_url, "GRID_BLOB_URL": connection.blob_url, "GRID_BACKEND": "numpy",
    })  # fmt: skip
    command = [sys.executable, "-m", "celery", "-A", "grid", "worker", "--loglevel", "WARNING"]
    log = tmp_path / "worker.log"
    with running(command, log, env=environment) as process:
        # Given a queue full of what strangers may send, and among it messages for a run that nobody knows
        for index in range(400):
            queue.call("LPUSH", QUEUE, damaged_message(sent[index % 3], chance))
        for message in sent:
            queue.call("LPUSH", QUEUE, message)
        wait_until(lambda: client.store.waiting_messages(QUEUE) == 0, process)
        # When a job comes
        job = Job(network=SMALL_NETWORK, steps=2, batch_size=12, shards=3, seed=1)
        run = client.submit(job, load({}).data_dir)
        # Then the same process computes it
        wait_until(lambda: client.store.header(run).state == "finished", process)
    assert log.read_text().count("a message was refused") > 200
