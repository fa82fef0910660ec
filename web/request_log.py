"""Keeps the log of Flask's own server to what a reader wants to know: the address, and requests that went wrong."""

from __future__ import annotations

import logging
import re

SUCCEEDED = re.compile(r'" [123]\d\d (\d+|-)$')
NOISE = "This is a development server"


class RequestFilter(logging.Filter):
    """Drops the lines of requests that succeeded: pages that stay open ask every other second."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged; takes the warning of the server away from the line with the address."""
        message = record.getMessage()
        if SUCCEEDED.search(message):
            return False
        if NOISE in message:
            record.msg = "\n".join(line for line in message.splitlines() if NOISE not in line)
            record.args = ()
        return True


def quieten() -> None:
    """Put the filter on the server's log, once."""
    log = logging.getLogger("werkzeug")
    if not any(isinstance(entry, RequestFilter) for entry in log.filters):
        log.addFilter(RequestFilter())
