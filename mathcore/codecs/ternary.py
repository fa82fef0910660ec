"""The ternary codec: stochastic rounding to -1, 0 or 1 times the scale of a block of 256; 1.6625 bits an element.

Payload: ceil(P / 256) scales, uint16 little endian, then ceil(P / 5) bytes of five levels: byte k is the sum of
(level + 1) 3^j over the elements 5 k + j, at most 242; behind the last element levels are 0. Scales and rounding are
defined in ``levels.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.codecs.codec import BytesLike, check_vector, checked_bytes, key_words
from mathcore.codecs.levels import TERNARY, block_count, checked_scales, scale_bytes
from mathcore.errors import CodecError

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.base import Backend

TRITS = 5
LARGEST_BYTE = 3**TRITS - 1
ZEROS = LARGEST_BYTE // 2
"""The byte of five levels of 0."""


class Ternary:
    """Stochastic rounding to three levels, one scale per block of 256; its expected value is the vector."""

    name = "ternary"
    exact = False

    def payload_size(self, count: int) -> int:
        return 2 * block_count(count) + -(-count // TRITS)

    def encode(self, x: NDArray, key: np.ndarray) -> bytes:
        check_vector(self.name, x)
        trits, scales = (array.numpy() for array in x.backend.encode_ternary(x, key_words(self.name, key)))
        return b"".join((scale_bytes(self.name, scales, x.size), trits.data))

    def decode(self, payload: BytesLike, count: int, backend: Backend) -> NDArray:
        data = checked_bytes(self.name, payload, self.payload_size(count))
        scales = checked_scales(self.name, data, count, TERNARY)
        trits = np.frombuffer(data, np.uint8, offset=2 * len(scales))
        self._check(trits, count)
        return backend.decode_ternary(backend.asarray(trits), backend.asarray(scales), count=count)

    def _check(self, trits: np.ndarray, count: int) -> None:
        if trits.max(initial=0) > LARGEST_BYTE:
            wrong = int(np.argmax(trits > LARGEST_BYTE))
            raise CodecError(
                f"{self.name}: expected bytes of 0 to {LARGEST_BYTE}, got {trits[wrong]} for the elements from "
                f"{TRITS * wrong} on; send the payload again"
            )
        used = 3 ** (count % TRITS)
        if used > 1 and trits[-1] // used != ZEROS // used:
            raise CodecError(f"{self.name}: expected zeros behind the last element, got {trits[-1]}; send it again")
