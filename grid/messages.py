"""What a worker takes from the queue: the tasks of a step and nothing else, whoever wrote the message.

A broker hands on whatever was pushed to its list, and Celery's consumer ends with the first message that is no envelope
of its own. So each is read here before Celery sees it, as strictly as a payload, and written anew from the fields that
were checked: what this file does not name (callbacks, chains, compression, times, other tasks) never reaches Celery.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from grid.errors import MessageError, StoreError
from grid.store import json_object

MESSAGE_LIMIT_BYTES = 64 * 1024
BODY_LIMIT_BYTES = 16 * 1024
TEXT_LIMIT_CHARACTERS = 200
NUMBER_LIMIT = 2**53
RUN = re.compile(r"[0-9a-f]{12}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

TASKS = {"tasks.gradient": ("run", "step"), "tasks.apply": ("run", "step"), "tasks.evaluate": ("run", "step", "shard")}
CALLBACK = "tasks.apply"

Check = Callable[[object], bool]


def checked(item: object, *, queue: str) -> bytes:
    """Return a message of the queue as Celery reads it, made of checked fields only.

    Raises:
        MessageError: if it is not a message that ``grid.dispatch`` sends.
    """
    if not isinstance(item, bytes):
        raise MessageError(f"expected bytes, got {type(item).__name__}")
    try:
        message = json_object.decode(item, what="message", limit_bytes=MESSAGE_LIMIT_BYTES)
    except StoreError as error:
        raise MessageError(str(error)) from error
    if message.get("content-type") != "application/json" or message.get("content-encoding") != "utf-8":
        raise MessageError("expected JSON in UTF-8, got another content")
    headers, properties = _object(message, "headers"), _object(message, "properties")
    if properties.get("body_encoding") != "base64":
        raise MessageError("expected a body in base64, got another encoding")
    task = headers.get("task")
    if not isinstance(task, str) or task not in TASKS:
        raise MessageError(f"expected one of the tasks {', '.join(TASKS)}, got {str(task)[:40]!r}")
    return json.dumps({
        "body": _body(message.get("body"), task, queue),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {**_taken(headers, _HEADERS, "header"), "task": task, "lang": "py", "retries": 0},
        "properties": {
            **_taken(properties, _PROPERTIES, "property"),
            "delivery_info": _delivery(properties, queue), "delivery_mode": 2, "priority": 0, "body_encoding": "base64",
        },
    }).encode("ascii")  # fmt: skip


def check_arguments(task: str, arguments: object) -> list[Any]:
    """Return the arguments of a task if they are of their types and in their ranges.

    Raises:
        MessageError: if they are not; names the first that is wrong.
    """
    names = TASKS[task]
    if not isinstance(arguments, list) or len(arguments) != len(names):
        raise MessageError(f"{task}: expected the arguments {', '.join(names)}, got {str(arguments)[:80]}")
    for name, value in zip(names, arguments, strict=True):
        if not _ARGUMENTS[name](value):
            raise MessageError(f"{task}: {name} is out of range: {str(value)[:40]}")
    return arguments


def _body(value: object, task: str, queue: str) -> str:
    if not isinstance(value, str) or len(value) > BODY_LIMIT_BYTES:
        raise MessageError(f"expected a body of at most {BODY_LIMIT_BYTES} characters, got {type(value).__name__}")
    try:
        # An object around the body, so that one strict parser reads both.
        text = b'{"body":' + base64.b64decode(value, validate=True) + b"}"
        body = json_object.decode(text, what="body", limit_bytes=BODY_LIMIT_BYTES).get("body")
    except (binascii.Error, ValueError, StoreError) as error:
        raise MessageError(f"expected a body of JSON in base64, got {error}") from error
    if not isinstance(body, list) or len(body) != 3 or body[1] != {} or not isinstance(body[2], dict):
        raise MessageError(f"expected a body of arguments, no keywords, and options, got {str(body)[:80]}")
    arguments = check_arguments(task, body[0])
    if any(body[2].get(name) for name in ("callbacks", "errbacks", "chain")):
        raise MessageError("expected no callbacks, errbacks or chain, got some")
    chord = _callback(body[2].get("chord"), task, arguments, queue)
    made = [arguments, {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": chord}]
    return base64.b64encode(json.dumps(made).encode("ascii")).decode("ascii")


def _callback(chord: object, task: str, arguments: list[Any], queue: str) -> dict[str, Any] | None:
    """Return the callback of a chord: apply of the same step, or nothing."""
    if chord is None:
        return None
    options = chord.get("options") if isinstance(chord, dict) else None
    if not isinstance(chord, dict) or not isinstance(options, dict) or task != "tasks.gradient":
        raise MessageError(f"expected a chord of tasks.gradient, got {task} with {str(chord)[:80]}")
    if chord.get("task") != CALLBACK or chord.get("args") != arguments or chord.get("kwargs") != {}:
        raise MessageError(f"expected {CALLBACK} of the same step as callback, got {str(chord)[:80]}")
    return {
        "task": CALLBACK, "args": arguments, "kwargs": {}, "subtask_type": None, "immutable": True,
        "options": {**_taken(options, _OPTIONS, "option"), "queue": queue, "ignore_result": True},
    }  # fmt: skip


def _delivery(properties: Mapping[str, Any], queue: str) -> dict[str, Any]:
    info = _object(properties, "delivery_info")
    if info.get("exchange") != "" or info.get("routing_key") != queue:
        raise MessageError(f"expected delivery by the queue {queue}, got {str(info)[:80]}")
    redelivered = {"redelivered": True} if info.get("redelivered") is True else {}
    return {"exchange": "", "routing_key": queue, **redelivered}


def _object(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name)
    if not isinstance(value, dict):
        raise MessageError(f"expected {name}, got {str(value)[:40]}")
    return value


def _taken(values: Mapping[str, Any], checks: Mapping[str, Check], kind: str) -> dict[str, Any]:
    """Return those of the values that have a check and are there."""
    for name, check in checks.items():
        if not check(values.get(name)):
            raise MessageError(f"{kind} {name} is out of range: {str(values.get(name))[:40]}")
    return {name: values[name] for name in checks if name in values}


def _whole(value: object) -> bool:
    return type(value) is int and 0 <= value < NUMBER_LIMIT


def _uuid(value: object) -> bool:
    return isinstance(value, str) and UUID.fullmatch(value) is not None


def _none(value: object) -> bool:
    return value is None


def _maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _text(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= TEXT_LIMIT_CHARACTERS)


_ARGUMENTS: dict[str, Check] = {
    "run": lambda value: isinstance(value, str) and RUN.fullmatch(value) is not None, "step": _whole, "shard": _whole
}
_HEADERS: dict[str, Check] = {
    "id": _uuid, "root_id": _maybe(_uuid), "parent_id": _maybe(_uuid), "group": _maybe(_uuid),
    "group_index": _maybe(_whole), "ignore_result": lambda value: value is True, "origin": _text, "argsrepr": _text,
    "kwargsrepr": _text, "redelivered": lambda value: value in (None, True), "eta": _none, "expires": _none,
}  # fmt: skip
_PROPERTIES: dict[str, Check] = {"correlation_id": _maybe(_uuid), "reply_to": _maybe(_uuid), "delivery_tag": _uuid}
_OPTIONS: dict[str, Check] = {"task_id": _uuid, "group_id": _maybe(_uuid), "reply_to": _maybe(_uuid)}
