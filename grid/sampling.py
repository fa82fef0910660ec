"""Which examples a shard holds: a pure function of seed, batch and shard, never of the worker.

All examples form one endless sequence, epoch after epoch, each epoch in an order of its own. Every batch takes the next
``batch_size`` of them and splits them into shards of nearly equal length. Epochs are exact: an epoch that ends inside a
batch is followed by the next one at once. Step ``s`` takes batch ``s``; with H local steps it takes the batches
``s * H`` to ``s * H + H - 1``, one after the other, each shard its part of each.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mathcore.random import philox as random

PURPOSE = 2  # first number of the random streams of epochs; initial parameters have another


def shard_examples(*, seed: int, batch: int, shard: int, shards: int, batch_size: int, count: int) -> np.ndarray:
    """Return the indices (N,) int64 of one shard's examples in a training split of ``count``."""
    start, stop = shard_bounds(shard, shards, batch_size)
    positions = np.arange(batch * batch_size + start, batch * batch_size + stop, dtype=np.int64)
    epochs = positions // count
    examples = np.empty_like(positions)
    for epoch in np.unique(epochs):
        chosen = epochs == epoch
        examples[chosen] = epoch_order(seed, int(epoch), count)[positions[chosen] % count]
    return examples


def shard_bounds(shard: int, shards: int, total: int) -> tuple[int, int]:
    """Return where a shard starts and stops in ``total`` items; lengths differ by at most one."""
    return shard * total // shards, (shard + 1) * total // shards


@lru_cache(maxsize=4)
def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """Return the order (count,) of all examples in one epoch."""
    return random.permutation(seed, (PURPOSE, epoch), count)
