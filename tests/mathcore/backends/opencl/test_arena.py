"""Temporaries that share slots: never two at once, never with views that overlap in part."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from mathcore.backends.opencl.arena import Temporary, plan_slots
from mathcore.backends.opencl.backend import OpenCLBackend


def temporary(size: int, first: int, last: int, *regions: tuple[int, int]) -> Temporary:
    """Return one that is used from ``first`` to ``last``."""
    return Temporary(size, first, last, set(regions))


def test_temporaries_that_are_used_one_after_another_share_a_slot() -> None:
    one, other = temporary(100, 0, 3), temporary(80, 4, 5)
    slots = plan_slots([one, other])
    assert slots[one] is slots[other]
    assert slots[one].size == 100


def test_one_that_is_read_where_the_next_is_written_does_not_share() -> None:
    one, other = temporary(100, 0, 3), temporary(100, 3, 5)
    slots = plan_slots([one, other])
    assert slots[one] is not slots[other]


def test_one_that_no_command_uses_takes_no_memory() -> None:
    assert plan_slots([temporary(100, -1, -1)]) == {}


def test_views_that_might_overlap_in_part_are_kept_apart() -> None:
    one, other = temporary(100, 0, 1, (0, 64)), temporary(100, 2, 3, (32, 64))
    same, whole = temporary(100, 4, 5, (0, 64)), temporary(100, 6, 7)
    slots = plan_slots([one, other, same, whole])
    assert slots[one] is not slots[other]
    assert slots[one] is slots[same]
    assert len(set(slots.values())) == 2


def test_a_slot_is_at_least_as_large_as_all_that_share_it_and_serves_one_at_a_time() -> None:
    generator = np.random.default_rng(0)
    starts, lengths = generator.integers(0, 300, 400), generator.integers(0, 30, 400)
    sizes = generator.integers(1, 10_000, 400)
    all_of_them = [
        temporary(int(size), int(start), int(start + length))
        for size, start, length in zip(sizes, starts, lengths, strict=True)
    ]
    slots = plan_slots(all_of_them)
    assert all(one.size <= slots[one].size for one in all_of_them)
    for one, other in combinations(all_of_them, 2):
        if slots[one] is slots[other]:
            assert one.last < other.first or other.last < one.first
    busiest = max(sum(one.size for one in all_of_them if one.first <= place <= one.last) for place in range(330))
    assert sum(slot.size for slot in set(slots.values())) < 1.5 * busiest  # 1.1 here; the floor is 1


def test_recordings_of_one_device_share_their_slots(device: OpenCLBackend) -> None:
    x = device.asarray(np.ones(100_000, np.float32))

    def chain() -> object:
        return device.relu(device.relu(device.relu(x)))

    first = device.record(chain)
    before = device.memory_info().live_bytes
    second = device.record(chain)
    result = 400_000 + 2**16  # its own memory, rounded up to a size class
    assert first.planned_bytes > 0
    assert device.memory_info().live_bytes - before <= result
    assert second.planned_bytes == first.planned_bytes
