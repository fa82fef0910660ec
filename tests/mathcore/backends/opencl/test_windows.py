"""How outputs are cut into panels and sums into passes."""

from __future__ import annotations

import pytest

from mathcore.backends.opencl.windows import matrix_windows, panels, passes

VECTOR = 8


@pytest.mark.parametrize("columns", [1, 3, 8, 10, 17, 20, 25, 32, 50, 64, 500, 1000])
def test_panels_follow_each_other_with_as_few_vectors_as_cover_the_columns(columns: int) -> None:
    position, vectors = 0, 0
    for size, first, count in panels(columns, VECTOR):
        assert first == position
        position += size * count * VECTOR
        vectors += size * count
    assert vectors == -(-columns // VECTOR)


def test_no_columns_need_no_panel() -> None:
    assert panels(0, VECTOR) == []


def test_fifty_outputs_avoid_the_slow_single_vector() -> None:
    assert panels(50, VECTOR) == [(3, 0, 1), (2, 24, 2)]


@pytest.mark.parametrize(("columns", "depth"), [(1, 200), (199, 200), (200, 200), (201, 200), (4608, 200)])
def test_passes_hold_at_most_depth_elements_and_are_even(columns: int, depth: int) -> None:
    runs, run = passes(matrix_windows(3, columns), depth)
    assert runs == 1
    assert run <= depth
    assert -(-columns // run) == -(-columns // depth)
