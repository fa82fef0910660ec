"""What audits come to, for every constellation of results."""

from __future__ import annotations

import pytest

from grid.audits import verdict

RIGHT, WRONG, OTHER = ["a" * 64], ["b" * 64], ["c" * 64]


@pytest.mark.parametrize(("result", "seen", "outcome", "worker"), [
    (RIGHT, {}, "open", ""),
    (RIGHT, {"b": RIGHT}, "passed", ""),
    (WRONG, {"b": RIGHT}, "disputed", "a"),
    (WRONG, {"b": RIGHT, "c": RIGHT}, "wrong", "a"),
    (RIGHT, {"b": WRONG, "c": RIGHT}, "wrong", "b"),
    (RIGHT, {"b": RIGHT, "c": WRONG}, "wrong", "c"),
    (RIGHT, {"b": WRONG, "c": OTHER}, "undecided", "a"),
    (WRONG, {"a": WRONG}, "open", ""),
    (WRONG, {"a": WRONG, "b": RIGHT, "c": RIGHT}, "wrong", "a"),
])  # fmt: skip
def test_two_who_agree_are_right(
    result: list[str], seen: dict[str, list[str]], outcome: str, worker: str
) -> None:
    found = verdict("a", result, {auditor: {"chunks": chunks} for auditor, chunks in seen.items()})
    assert (found.outcome, found.worker) == (outcome, worker)
