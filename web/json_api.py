"""The JSON API under ``/api``: runs, histories, workers; submit, pause, resume and cancel. See docs/web.md."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from web.grid_view import current_grid
from web.job_check import FieldsError, check_and_submit
from web.json_text import JsonTextError, parse
from web.summary import summarize
from web.workers import live_workers

MAXIMUM_RUNS = 1000
MAXIMUM_RECORDS = 10_000

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.before_request
def require_json() -> None:
    """Accept only JSON in what changes something: a form of another site cannot send it."""
    if request.method == "POST" and request.mimetype != "application/json":
        abort(415, f"expected content type application/json, got {request.mimetype or 'none'}")


@blueprint.get("/runs")
def list_runs() -> ResponseReturnValue:
    """Answer the runs, the newest first."""
    grid = current_grid()
    return jsonify(runs=[summarize(grid, header).values for header in grid.runs()[:MAXIMUM_RUNS]])


@blueprint.post("/runs")
def submit() -> ResponseReturnValue:
    """Queue the job in the body; 201 with the name of its run, 400 with every wrong field."""
    try:
        fields = parse(request.get_data())
        run = check_and_submit(current_grid(), fields)
    except JsonTextError as error:
        return jsonify(errors={"job": str(error)}), 400
    except FieldsError as error:
        return jsonify(errors=error.errors), 400
    location = url_for("api.show_run", run=run)
    return jsonify(run=run, url=location, page=url_for("pages.show_run", run=run)), 201, {"Location": location}


@blueprint.get("/runs/<run>")
def show_run(run: str) -> ResponseReturnValue:
    """Answer one run with its job."""
    grid = current_grid()
    header = grid.run(run).status()
    return jsonify({**summarize(grid, header).values, "job": header.job})


@blueprint.get("/runs/<run>/history")
def show_history(run: str) -> ResponseReturnValue:
    """Answer the records of a run from the ``start``-th on, at most 10,000; ``next`` is where to go on."""
    start = start_argument()
    records = current_grid().run(run).history(start)[:MAXIMUM_RECORDS]
    return jsonify(start=start, next=start + len(records), records=records)


@blueprint.post("/runs/<run>/cancel")
def cancel(run: str) -> ResponseReturnValue:
    """Stop a run; ``cancelled`` is false if it was over already."""
    return jsonify(run=run, cancelled=current_grid().run(run).cancel())


@blueprint.post("/runs/<run>/pause")
def pause(run: str) -> ResponseReturnValue:
    """Let a run stand still; ``paused`` is false if it was paused already, or over."""
    return jsonify(run=run, paused=current_grid().run(run).pause())


@blueprint.post("/runs/<run>/resume")
def resume(run: str) -> ResponseReturnValue:
    """Let a paused run go on; ``resumed`` is false if it was not paused."""
    return jsonify(run=run, resumed=current_grid().run(run).resume())


@blueprint.get("/workers")
def list_workers() -> ResponseReturnValue:
    """Answer the live workers."""
    return jsonify(workers=live_workers(current_grid()))


def start_argument() -> int:
    """Return the ``start`` of the query, 0 without one."""
    start = request.args.get("start", "0")
    if not (start.isascii() and start.isdecimal() and len(start) <= 12):
        abort(400, f"start: expected a whole number from 0, got {start[:40]!r}")
    return int(start)
