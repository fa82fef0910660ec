"""A worker's pace: an average that follows what shards take, and that refusals wear away."""

from __future__ import annotations

import pytest

from grid.pace import FORGETTING, SMOOTHING, Pace


def test_nothing_is_known_at_first() -> None:
    pace = Pace()
    assert pace.seconds("a") == 0.0
    pace.forget_some("a")
    assert pace.seconds("a") == 0.0


def paced(*runs: str, seconds: float) -> Pace:
    """Return the pace of a worker whose first shards took long and whose second ones took ``seconds``."""
    pace = Pace()
    for run in runs:
        pace.add(run, 1000.0)
        pace.add(run, seconds)
    return pace


def test_the_first_shard_does_not_count_the_second_sets_it_and_later_ones_move_it_part_of_the_way() -> None:
    pace = Pace()
    pace.add("a", 1000.0)
    assert pace.seconds("a") == 0.0
    pace.add("a", 2.0)
    assert pace.seconds("a") == 2.0
    pace.add("a", 4.0)
    assert pace.seconds("a") == pytest.approx(2.0 + SMOOTHING * 2.0)


def test_each_run_has_its_own() -> None:
    pace = paced("a", "b", seconds=2.0)
    pace.add("b", 4.0)
    assert pace.seconds("a") == 2.0
    assert pace.seconds("b") > 2.0


def test_a_worker_that_was_ten_times_slower_is_tried_again_after_some_sixty_refusals() -> None:
    pace = paced("a", seconds=10.0)
    refusals = 0
    while pace.seconds("a") > 3.0:
        pace.forget_some("a")
        refusals += 1
    assert refusals == pytest.approx(60, abs=5)
    assert pace.seconds("a") == pytest.approx(10.0 * FORGETTING**refusals)


def test_a_worker_that_has_become_fast_again_is_known_as_fast_after_a_few_shards() -> None:
    pace = paced("a", seconds=10.0)
    for _ in range(10):
        pace.add("a", 1.0)
    assert pace.seconds("a") < 1.5
