"""Calls again while a server is away, and only then, and not for ever."""

from __future__ import annotations

import pytest

from grid.errors import StoreError
from grid.store.retry import UnavailableError, retried


class Call:
    """A call that fails some times before it succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_a_server_that_comes_back_is_waited_for() -> None:
    call = Call(UnavailableError("away"), UnavailableError("away"))
    assert retried(call) == "done"
    assert call.count == 3


def test_the_last_error_is_raised_when_the_window_is_over() -> None:
    call = Call(UnavailableError("away"), UnavailableError("still away"))
    with pytest.raises(UnavailableError, match="^away$"):
        retried(call, window_seconds=0.0)
    assert call.count == 1


def test_other_errors_are_not_tried_again() -> None:
    call = Call(StoreError("wrong"))
    with pytest.raises(StoreError):
        retried(call)
    assert call.count == 1
