"""The messages that are pushed to the queue are those that Celery writes, but for their ids."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from celery import chord

from grid.celery import create_app
from grid.dispatch import QUEUE, Dispatcher
from grid.messages import checked
from grid.store.control_server import ControlServer

RUN = "0123456789ab"


@pytest.fixture
def control(servers: Any) -> Iterator[ControlServer]:
    made = ControlServer(servers.control_url)
    made.call("DEL", QUEUE)
    yield made
    made.call("DEL", QUEUE)


def taken(control: ControlServer) -> list[dict[str, Any]]:
    """Take all messages off the queue, as a worker does, with their bodies read and without ids that are random."""
    found = []
    while item := control.call("RPOP", QUEUE):
        message = json.loads(checked(item, queue=QUEUE))
        message["body"] = json.loads(base64.b64decode(message["body"]))
        headers, properties = message["headers"], message["properties"]
        assert headers["id"] == headers["root_id"] == properties["correlation_id"]
        if callback := message["body"][2]["chord"]:
            assert callback["options"].pop("task_id") not in ("", headers["id"])
            for name in ("group_id", "reply_to"):
                callback["options"].pop(name, None)
        for name in ("id", "root_id", "group", "group_index", "origin"):
            headers.pop(name)
        for name in ("correlation_id", "delivery_tag", "reply_to"):
            properties.pop(name)
        found.append(message)
    return found


def test_a_step_is_the_chord_that_celery_would_send(servers: Any, control: ControlServer) -> None:
    app = create_app(servers.control_url)
    options = {"queue": QUEUE, "ignore_result": True}
    callback = app.signature("tasks.apply", (RUN, 3), immutable=True, options=options)
    chord([app.signature("tasks.gradient", (RUN, 3), options=options)] * 2, app=app)(callback)
    expected = taken(control)
    Dispatcher(control).send_step(RUN, 3, 2)
    assert taken(control) == expected
    assert len(expected) == 2


def test_the_parts_of_a_chord_share_its_group_and_nothing_else_that_is_random(control: ControlServer) -> None:
    Dispatcher(control).send_step(RUN, 3, 3)
    headers = [json.loads(item)["headers"] for item in control.call("LRANGE", QUEUE, 0, -1)]
    assert len({header["group"] for header in headers}) == 1
    assert len({header["id"] for header in headers}) == 3


def test_apply_and_evaluation_are_the_tasks_that_celery_would_send(servers: Any, control: ControlServer) -> None:
    app, dispatcher = create_app(servers.control_url), Dispatcher(control)
    app.send_task("tasks.apply", (RUN, 3), queue=QUEUE, ignore_result=True)
    for shard in range(2):
        app.send_task("tasks.evaluate", (RUN, 3, shard), queue=QUEUE, ignore_result=True)
    expected = taken(control)
    dispatcher.send_apply(RUN, 3)
    dispatcher.send_evaluation(RUN, 3, 2)
    assert taken(control) == expected
    assert len(expected) == 3
