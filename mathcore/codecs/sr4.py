"""The 4-bit codec: stochastic rounding to -7 ... 7 times the scale of a block of 256; 4.0625 bits an element.

Payload: ceil(P / 256) scales, uint16 little endian, then ceil(P / 2) bytes of two levels in two's complement, element
2 k in the lower four bits of byte k and element 2 k + 1 in the upper. -8 never occurs; behind an odd P the upper bits
are 0. Scales and rounding are defined in ``levels.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.codecs.codec import BytesLike, check_vector, checked_bytes, key_words
from mathcore.codecs.levels import SR4, block_count, checked_scales, scale_bytes
from mathcore.errors import CodecError

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.base import Backend

PAIRS = np.arange(256, dtype=np.uint8)
IS_PAIR = (PAIRS & 15 != 8) & (PAIRS >> 4 != 8)
"""(256,) bool: whether a byte holds two levels of -7 to 7."""


class Sr4:
    """Stochastic rounding to 4 bits, one scale per block of 256; its expected value is the vector."""

    name = "sr4"
    exact = False

    def payload_size(self, count: int) -> int:
        return 2 * block_count(count) + -(-count // 2)

    def encode(self, x: NDArray, key: np.ndarray) -> bytes:
        check_vector(self.name, x)
        pairs, scales = (array.numpy() for array in x.backend.encode_sr4(x, key_words(self.name, key)))
        return b"".join((scale_bytes(self.name, scales, x.size), pairs.data))

    def decode(self, payload: BytesLike, count: int, backend: Backend) -> NDArray:
        data = checked_bytes(self.name, payload, self.payload_size(count))
        scales = checked_scales(self.name, data, count, SR4)
        pairs = np.frombuffer(data, np.uint8, offset=2 * len(scales))
        self._check(pairs, count)
        return backend.decode_sr4(backend.asarray(pairs), backend.asarray(scales), count=count)

    def _check(self, pairs: np.ndarray, count: int) -> None:
        if not IS_PAIR.take(pairs).all():
            wrong = int(np.argmin(IS_PAIR.take(pairs)))
            raise CodecError(
                f"{self.name}: expected levels of -7 to 7, got byte {pairs[wrong]:#04x} for elements {2 * wrong} and "
                f"{2 * wrong + 1}; send the payload again"
            )
        if count % 2 and pairs[-1] >> 4:
            raise CodecError(f"{self.name}: expected 0 behind the last element, got {pairs[-1] >> 4}; send it again")
