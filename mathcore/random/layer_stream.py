"""The random words that layers such as dropout draw: for each example its own, whatever batch it is computed in.

Block b of an example's words, four of them, is Philox 4x32-10 of

    counter = (b, stream, step, place)        key = (low half of seed, high half of seed)

where ``stream`` is the layer's number, ``place`` that of the example in the batch of the step. Seed, step and the
place of the first example come from ``Context.key``. So neither shards nor micro-batches nor devices change the words.
"""

from __future__ import annotations

import zlib

import numpy as np

from mathcore.random.philox import WORD, philox

LAYERS = 2**31
"""Streams from here on belong to layers, those below to data order, initial values and the like."""

GROUP = 64
"""Elements of an example that dropout draws for at once, from 16 blocks: element 16 w + l by word w of block l."""


def layer_stream(name: str) -> int:
    """Return the stream of the layer called ``name``: 2**31 plus the lower 31 bits of the CRC-32 of its UTF-8 bytes.

    It depends on nothing but the name, so a layer put in or taken out elsewhere leaves it as it is.
    """
    return LAYERS | zlib.crc32(name.encode()) % LAYERS


def example_words(key: np.ndarray, stream: int, *, place: int, blocks: int) -> np.ndarray:
    """Return the first words of an example, uint32 (4, blocks): word w of block b at [w, b].

    Args:
        key: ``Context.key``, int32 (4,).
        stream: the layer's.
        place: of the example behind the first one.
        blocks: how many blocks of four.
    """
    low, high, step, first = (int(word) for word in key.view(np.uint32))
    counter = np.empty((4, blocks), np.uint32)
    counter[0] = np.arange(blocks, dtype=np.uint32)
    counter[1:] = np.array([stream, step, (first + place) % WORD], np.uint32)[:, None]
    return philox(counter, (low, high))
