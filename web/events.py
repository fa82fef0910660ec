"""Live events of one run, as server-sent events (the format of the HTML standard, section 9.2).

    event: records    data: {"start": 120, "records": [...]}    id: number of records sent so far
    event: run        data: the run's values as /api/runs/<id> has them, and "text", the same for people
    event: over       data: {}    the run is over and everything has been sent
    event: trouble    data: {"message": ...}    the grid does not answer; the stream ends
    : heartbeat       after 15 s without an event

A browser that lost the connection asks again with the last id and is sent what comes after it: no record twice, none
lost.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, request

from grid.errors import GridError
from web.grid_view import GridView, current_grid
from web.json_api import start_argument
from web.summary import summarize

MAXIMUM_RECORDS = 2000
RETRY_MILLISECONDS = 2000

blueprint = Blueprint("events", __name__)


class StreamLimit:
    """How many streams may be open at once: each keeps a thread."""

    def __init__(self, maximum: int) -> None:
        self._free = threading.BoundedSemaphore(maximum)

    def enter(self) -> bool:
        """Take a place; ``False`` if there is none."""
        return self._free.acquire(blocking=False)

    def leave(self) -> None:
        """Give the place back."""
        self._free.release()


@blueprint.get("/runs/<run>/events")
def run_events(run: str) -> Response:
    """Answer the stream of one run."""
    start = _last_event_id() if "Last-Event-ID" in request.headers else start_argument()
    stream = RunStream(
        current_grid(),
        run,
        start,
        poll_seconds=current_app.config["STREAM_POLL_SECONDS"],
        heartbeat_seconds=current_app.config["STREAM_HEARTBEAT_SECONDS"],
    )
    limit = cast(StreamLimit, current_app.extensions["nabe_streams"])
    if not limit.enter():
        abort(503, "Expected fewer open pages: all places for live events are taken. Close some of them.")
    response = Response(stream.lines(), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # a proxy in front of the pages must not hold events back
    response.call_on_close(limit.leave)
    return response


class RunStream:
    """Follows one run from its ``start``-th record on."""

    def __init__(self, grid: GridView, run: str, start: int, *, poll_seconds: float, heartbeat_seconds: float) -> None:
        self._grid = grid
        self._run = grid.run(run)
        self._sent = start
        self._last_values: dict[str, Any] | None = None
        self._poll_seconds = poll_seconds
        self._heartbeat_seconds = heartbeat_seconds

    def lines(self) -> Iterator[str]:
        """Yield events until the run is over."""
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        quiet_since = time.monotonic()
        try:
            while True:
                over, events = self._poll()
                yield from events
                if over:
                    return
                now = time.monotonic()
                if events:
                    quiet_since = now
                elif now - quiet_since >= self._heartbeat_seconds:
                    yield ": heartbeat\n\n"
                    quiet_since = now
                time.sleep(self._poll_seconds)
        except GridError as error:
            yield _event("trouble", {"message": str(error)})

    def _poll(self) -> tuple[bool, list[str]]:
        """Return whether the run is over, and the events since the last time.

        The header comes first: nothing is added to the history of a run whose header says that it is over.
        """
        header = self._run.status()
        records = self._run.history(self._sent)
        summary = summarize(self._grid, header)
        events = list(self._record_events(records))
        if summary.values != self._last_values:
            self._last_values = summary.values
            events.append(_event("run", {**summary.values, "text": summary.text}))
        if summary.over:
            events.append(_event("over", {}))
        return summary.over, events

    def _record_events(self, records: list[dict[str, Any]]) -> Iterator[str]:
        for first in range(0, len(records), MAXIMUM_RECORDS):
            part = records[first : first + MAXIMUM_RECORDS]
            start, self._sent = self._sent, self._sent + len(part)
            yield _event("records", {"start": start, "records": part}, identifier=self._sent)


def _event(kind: str, data: dict[str, Any], *, identifier: int | None = None) -> str:
    """Return one event; JSON has no line breaks, so its data is one line."""
    prefix = "" if identifier is None else f"id: {identifier}\n"
    return f"{prefix}event: {kind}\ndata: {json.dumps(data, allow_nan=False)}\n\n"


def _last_event_id() -> int:
    text = request.headers["Last-Event-ID"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        abort(400, f"Last-Event-ID: expected a whole number, got {text[:40]!r}")
    return int(text)
