"""The pages for people, and the panels that they reload while they are open."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web import job_form
from web.grid_view import current_grid
from web.job_check import FieldsError, check_and_submit
from web.security import check_form_token
from web.summary import summarize
from web.workers import activity, live_workers

RUNS_A_PAGE = 25

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def list_runs() -> ResponseReturnValue:
    """Show the runs, the newest first, and the workers."""
    return render_template("runs.html", **_runs(), **_workers())


@blueprint.get("/panels/runs")
def runs_panel() -> ResponseReturnValue:
    """Answer the table of runs alone."""
    return render_template("panels/runs.html", **_runs())


@blueprint.get("/panels/workers")
def workers_panel() -> ResponseReturnValue:
    """Answer the table of workers alone."""
    return render_template("panels/workers.html", **_workers())


@blueprint.get("/runs/<run>")
def show_run(run: str) -> ResponseReturnValue:
    """Show one run."""
    grid = current_grid()
    header = grid.run(run).status()
    return render_template("run.html", run=summarize(grid, header), job=header.job, **_workers())


@blueprint.post("/runs/<run>/cancel")
def cancel_run(run: str) -> ResponseReturnValue:
    """Stop a run and show it."""
    check_form_token()
    current_grid().run(run).cancel()
    return redirect(url_for("pages.show_run", run=run), 303)


@blueprint.post("/runs/<run>/pause")
def pause_run(run: str) -> ResponseReturnValue:
    """Let a run stand still and show it."""
    check_form_token()
    current_grid().run(run).pause()
    return redirect(url_for("pages.show_run", run=run), 303)


@blueprint.post("/runs/<run>/resume")
def resume_run(run: str) -> ResponseReturnValue:
    """Let a paused run go on and show it."""
    check_form_token()
    current_grid().run(run).resume()
    return redirect(url_for("pages.show_run", run=run), 303)


@blueprint.get("/jobs/new")
def new_job() -> ResponseReturnValue:
    """Show the job form."""
    return _form(job_form.first_values(), {})


@blueprint.post("/jobs")
def submit_job() -> ResponseReturnValue:
    """Queue the job of the form and show its run; or show the form again, with what is wrong beside each field."""
    check_form_token()
    values = job_form.kept_values(request.form)
    try:
        run = check_and_submit(current_grid(), job_form.job_fields(values))
    except FieldsError as error:
        return _form(values, error.errors), 400
    return redirect(url_for("pages.show_run", run=run), 303)


def _form(values: dict[str, str], errors: dict[str, str]) -> str:
    names = ["network", *job_form.FIELDS]
    wrong = [name for name in names if name in errors]
    other = [f"{field}: {message}" for field, message in errors.items() if field not in names]
    return render_template(
        "job.html",
        values=values,
        errors=errors,
        other=other,
        first_wrong=wrong[0] if wrong else None,
        fields=job_form.FIELDS,
        choices=job_form.choices(),
        own=job_form.OWN_NETWORK,
    )


def _runs() -> dict[str, Any]:
    grid = current_grid()
    page = _page_argument()
    headers = grid.runs()
    pages = max(1, -(-len(headers) // RUNS_A_PAGE))
    shown = headers[(page - 1) * RUNS_A_PAGE : page * RUNS_A_PAGE]
    return {"runs": [summarize(grid, header) for header in shown], "page": page, "pages": pages}


def _workers() -> dict[str, Any]:
    return {"workers": [{**worker, "activity": activity(worker)} for worker in live_workers(current_grid())]}


def _page_argument() -> int:
    page = request.args.get("page", "1")
    if not (page.isascii() and page.isdecimal() and 1 <= len(page) <= 6 and int(page) > 0):
        abort(400, f"page: expected a whole number from 1, got {page[:40]!r}")
    return int(page)
