"""Errors as answers: a page for people, JSON under ``/api``; one clear line in both."""

from __future__ import annotations

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from grid.errors import GridError, RunNotFoundError

TITLES = {
    400: "That request cannot be used",
    403: "Not from this site",
    404: "Not here",
    405: "Not that way",
    413: "Too large",
    415: "JSON expected",
    500: "Something broke",
    503: "The grid does not answer",
}


def register(app: Flask) -> None:
    """Answer the errors of an application."""
    app.register_error_handler(RunNotFoundError, _run_not_found)
    app.register_error_handler(GridError, _grid_error)
    app.register_error_handler(HTTPException, _http_error)


def _run_not_found(error: RunNotFoundError) -> ResponseReturnValue:
    return _answer(404, str(error))


def _grid_error(error: GridError) -> ResponseReturnValue:
    return _answer(503, str(error))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    return _answer(error.code or 500, error.description or error.name)


def _answer(status: int, message: str) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return jsonify({"error": message}), status
    title = TITLES.get(status, "That did not work")
    return render_template("error.html", title=title, message=message, status=status), status
