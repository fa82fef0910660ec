"""Which examples a shard holds."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid.sampling import shard_bounds, shard_examples


def examples(batch: int, shard: int, *, shards: int = 4, seed: int = 1) -> list[int]:
    indices = shard_examples(seed=seed, batch=batch, shard=shard, shards=shards, batch_size=10, count=25)
    return [int(index) for index in indices]


@given(total=st.integers(1, 300), shards=st.integers(1, 60))
def test_shards_cover_a_batch_once_and_differ_by_at_most_one(total: int, shards: int) -> None:
    bounds = [shard_bounds(shard, shards, total) for shard in range(shards)]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == total
    assert all(before[1] == after[0] for before, after in pairwise(bounds))
    lengths = [stop - start for start, stop in bounds]
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("shards", [1, 2, 3, 4, 10])
def test_every_epoch_visits_each_example_once_for_any_number_of_shards(shards: int) -> None:
    # 5 batches of 10 are two epochs of 25; the third one crosses from one into the other.
    order = [(batch, shard) for batch in range(5) for shard in range(shards)]
    visited = [example for batch, shard in order for example in examples(batch, shard, shards=shards)]
    assert sorted(visited[:25]) == list(range(25))
    assert sorted(visited[25:]) == list(range(25))
    assert visited[:25] != visited[25:]


def test_the_number_of_shards_does_not_change_the_batch() -> None:
    whole = examples(3, 0, shards=1)
    split = [example for shard in range(3) for example in examples(3, shard, shards=3)]
    assert split == whole


def test_another_seed_gives_another_order() -> None:
    assert examples(0, 0, seed=1) != examples(0, 0, seed=2)


def test_a_batch_larger_than_the_data_set_wraps_around() -> None:
    batch = shard_examples(seed=0, batch=0, shard=0, shards=1, batch_size=7, count=3)
    assert np.bincount(batch, minlength=3).tolist() in ([3, 2, 2], [2, 3, 2], [2, 2, 3])
