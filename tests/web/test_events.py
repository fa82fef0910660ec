"""Live events: everything once, in order, across reconnections, and within bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from grid.store import Store
from web.events import StreamLimit


class Events:
    """Reads a stream event by event, as the standard says."""

    def __init__(self, client: FlaskClient, path: str, **headers: str) -> None:
        self.answer = client.get(path, headers=headers, buffered=False)
        self._chunks = (chunk.decode() for chunk in self.answer.iter_encoded())

    def __iter__(self) -> Iterator[tuple[str, str, Any]]:
        for chunk in self._chunks:
            fields = dict(line.partition(": ")[::2] for line in chunk.splitlines() if line)
            if "data" in fields:
                yield fields["event"], fields.get("id", ""), json.loads(fields["data"])

    def until(self, kind: str) -> list[tuple[str, str, Any]]:
        """Return the next events, up to and with the first of a kind."""
        events = []
        for event in self:
            events.append(event)
            if event[0] == kind:
                break
        return events


def steps(events: list[tuple[str, str, Any]]) -> list[int]:
    """Return the steps of all records that came."""
    return [record["step"] for kind, _, data in events if kind == "records" for record in data["records"]]


@pytest.fixture
def finished(new_run: Callable[..., str], take_step: Callable[..., None], conclude: Callable[..., None]) -> str:
    """A finished run with four steps and an evaluation."""
    run = new_run()
    for number in (1, 2, 3, 4):
        take_step(run, number, loss=1 / number, evaluate=number == 4)
    conclude(run, 4, accuracy=0.75)
    return run


def test_a_finished_run_is_sent_whole_and_the_stream_ends(client: FlaskClient, finished: str) -> None:
    events = list(Events(client, f"/runs/{finished}/events"))
    assert [kind for kind, _, _ in events] == ["records", "run", "over"]
    assert steps(events) == [1, 2, 3, 4, 4]
    assert events[0][1] == "5"
    assert events[1][2]["state"] == "finished"
    assert events[1][2]["text"]["accuracy"] == "75.00 %"


def test_the_stream_starts_where_it_is_asked_to(client: FlaskClient, finished: str) -> None:
    events = list(Events(client, f"/runs/{finished}/events?start=3"))
    assert events[0][2]["start"] == 3
    assert steps(events) == [4, 4]


def test_the_last_event_id_of_a_reconnection_comes_before_the_start_of_the_address(
    client: FlaskClient, finished: str
) -> None:
    headers = {"Last-Event-ID": "2"}
    assert steps(list(Events(client, f"/runs/{finished}/events?start=0", **headers))) == [3, 4, 4]


def test_a_reconnection_neither_loses_nor_repeats_a_record(
    client: FlaskClient, store: Store, new_run: Callable[..., str], take_step: Callable[..., None]
) -> None:
    # Given a stream that has sent one step and is cut off
    run = new_run()
    take_step(run, 1, loss=2.0)
    first = Events(client, f"/runs/{run}/events")
    before = first.until("records")
    first.answer.close()
    # When two more steps are taken meanwhile
    take_step(run, 2, loss=1.5)
    take_step(run, 3, loss=1.25)
    store.cancel(run)
    # Then the reconnection gets exactly those
    after = list(Events(client, f"/runs/{run}/events", **{"Last-Event-ID": before[-1][1]}))
    assert steps(before) + steps(after) == [1, 2, 3]


def test_a_step_taken_while_the_stream_is_open_is_sent(
    client: FlaskClient, store: Store, new_run: Callable[..., str], take_step: Callable[..., None]
) -> None:
    run = new_run()
    stream = Events(client, f"/runs/{run}/events")
    assert stream.until("run")[-1][2]["step"] == 0
    take_step(run, 1, loss=2.0)
    events = stream.until("run")
    assert steps(events) == [1]
    assert events[-1][2]["text"]["loss"] == "2.0000"
    store.fail(run, "out of soup")
    events = list(stream)
    assert [kind for kind, _, _ in events] == ["run", "over"]
    assert events[0][2]["error"] == "out of soup"


def test_a_quiet_stream_sends_heartbeats(app: Flask, new_run: Callable[..., str]) -> None:
    app.config.update(STREAM_POLL_SECONDS=0.001, STREAM_HEARTBEAT_SECONDS=0.01)
    answer = app.test_client().get(f"/runs/{new_run()}/events", buffered=False)
    assert any(chunk == b": heartbeat\n\n" for chunk in answer.iter_encoded())
    answer.close()


def test_long_histories_are_sent_in_parts(client: FlaskClient, finished: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.events.MAXIMUM_RECORDS", 2)
    events = list(Events(client, f"/runs/{finished}/events"))
    assert [identifier for kind, identifier, _ in events if kind == "records"] == ["2", "4", "5"]
    assert steps(events) == [1, 2, 3, 4, 4]


def test_one_stream_too_many_is_refused_and_a_closed_one_makes_room(app: Flask, new_run: Callable[..., str]) -> None:
    app.extensions["nabe_streams"] = StreamLimit(1)
    run, client = new_run(), app.test_client()
    open_stream = client.get(f"/runs/{run}/events", buffered=False)
    assert client.get(f"/runs/{run}/events", buffered=False).status_code == 503
    open_stream.close()
    again = client.get(f"/runs/{run}/events", buffered=False)
    assert again.status_code == 200
    again.close()


def test_an_unknown_run_has_no_stream(client: FlaskClient) -> None:
    assert client.get("/runs/000000000000/events").status_code == 404


@pytest.mark.parametrize("identifier", ["-1", "x", "9" * 40])
def test_a_wrong_last_event_id_is_refused(client: FlaskClient, finished: str, identifier: str) -> None:
    answer = client.get(f"/runs/{finished}/events", headers={"Last-Event-ID": identifier})
    assert answer.status_code == 400
