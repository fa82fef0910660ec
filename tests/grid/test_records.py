"""The records of a history."""

from __future__ import annotations

import pytest

from grid.records import evaluation_due


@pytest.mark.parametrize(
    ("every", "step", "due"), [(0, 5, False), (0, 10, True), (3, 3, True), (3, 4, False), (3, 10, True)]
)
def test_evaluation_is_due_at_the_end_and_every_so_many_steps(every: int, step: int, due: bool) -> None:
    assert evaluation_due(every, step, 10) is due
