"""Values as people read them."""

from __future__ import annotations

import time

import pytest

from web import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.2, "just now"),
        (59, "59 s ago"),
        (61, "1 min ago"),
        (7300, "2 h ago"),
        (200_000, "2 d ago"),
    ],
)
def test_age(value: float, shown: str) -> None:
    assert text.age(time.time() - value) == shown


@pytest.mark.parametrize(("value", "shown"), [(0, "0 s"), (59.4, "59 s"), (61, "1 min 01 s"), (3661, "1 h 01 min")])
def test_duration(value: float, shown: str) -> None:
    assert text.duration(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (105_392_640, "105.4 MB"),
        (2.5e12, "2.5 TB"),
    ],
)
def test_byte_count(value: int, shown: str) -> None:
    assert text.byte_count(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(2.302585, "2.3026"), (0.00123456, "0.00123"), (0.0, "0")])
def test_loss(value: float, shown: str) -> None:
    assert text.loss(value) == shown


def test_rate_and_percent() -> None:
    assert (text.rate(12.34), text.rate(12345.6), text.percent(0.98765)) == ("12.3", "12\u00a0346", "98.77 %")


def test_what_is_not_known_is_a_dash() -> None:
    functions = (text.age, text.duration, text.thousands, text.rate, text.loss, text.percent, text.byte_count)
    assert {function(None) for function in functions} == {text.UNKNOWN}


def test_a_moment_is_utc() -> None:
    assert text.moment(0.0) == "1970-01-01T00:00:00+00:00"
