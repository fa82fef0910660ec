"""Values as people read them. Numbers that are not known yet are a dash."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from flask import Flask

UNKNOWN = "–"  # noqa: RUF001  # an en dash, as typesetters use for an empty cell
TIED_SPACE = "\u00a0"  # no line ends here
MINUTE, HOUR, DAY = 60, 3600, 86400


def register(app: Flask) -> None:
    """Make the functions of this file filters of an application's templates."""
    for function in (age, byte_count, duration, loss, moment, percent, rate, thousands):
        app.add_template_filter(function)


def age(seconds_since_1970: float | None) -> str:
    """Return how long ago a moment was."""
    if seconds_since_1970 is None:
        return UNKNOWN
    elapsed = time.time() - seconds_since_1970
    return "just now" if elapsed < 2 else f"{_largest_unit(elapsed)} ago"


def moment(seconds_since_1970: float | None) -> str:
    """Return a moment in UTC as the datetime attribute of a time element."""
    if seconds_since_1970 is None:
        return ""
    return datetime.fromtimestamp(seconds_since_1970, UTC).isoformat(timespec="seconds")


def duration(seconds: float | None) -> str:
    """Return a time span."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02d} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"


def thousands(number: int | float | None) -> str:
    """Return a number with its thousands set apart."""
    return UNKNOWN if number is None else f"{number:,.0f}".replace(",", TIED_SPACE)


def rate(per_second: float | None) -> str:
    """Return examples a second."""
    if per_second is None:
        return UNKNOWN
    return f"{per_second:.1f}" if per_second < 100 else thousands(per_second)


def loss(value: float | None) -> str:
    """Return a loss with four digits that count."""
    return UNKNOWN if value is None else f"{value:.4f}" if value >= 0.01 else f"{value:.3g}"


def percent(share: float | None) -> str:
    """Return a share of one in percent."""
    return UNKNOWN if share is None else f"{100 * share:.2f} %"


def byte_count(number: int | None) -> str:
    """Return bytes in decimal units."""
    if number is None:
        return UNKNOWN
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _largest_unit(seconds: float) -> str:
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
