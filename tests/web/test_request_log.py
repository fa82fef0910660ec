"""The log of the server holds the address and what went wrong."""

from __future__ import annotations

import logging

import pytest

from web.request_log import RequestFilter


def record(message: str) -> logging.LogRecord:
    return logging.LogRecord("werkzeug", logging.INFO, __file__, 1, message, (), None)


@pytest.mark.parametrize(("status", "kept"), [(200, False), (303, False), (304, False), (400, True), (500, True)])
def test_requests_that_succeeded_are_left_out(status: int, kept: bool) -> None:
    line = f'127.0.0.1 - - [01/Jan/2026 00:00:00] "GET /panels/runs HTTP/1.1" {status} -'
    assert RequestFilter().filter(record(line)) is kept


def test_the_address_is_kept_without_the_warning() -> None:
    start = record("WARNING: This is a development server. Do not use it.\n * Running on http://127.0.0.1:5000")
    assert RequestFilter().filter(start)
    assert start.getMessage() == " * Running on http://127.0.0.1:5000"
