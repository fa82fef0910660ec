"""The codec of two bytes an element: IEEE half precision, rounded to the nearest value, ties to even.

Payload: P halves, little endian. Beyond +-65504 elements become +-65504; below 2^-14 halves are subnormal, multiples of
2^-24, and below 2^-25 zero. The sign of zero is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.codecs.codec import BytesLike, check_vector, checked_bytes, not_finite

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.base import Backend

EXPONENT = np.uint16(0x7C00)
"""All ones in infinities and NaN."""


class Float16:
    """Half precision without a scale."""

    name = "float16"
    exact = False

    def payload_size(self, count: int) -> int:
        return 2 * count

    def encode(self, x: NDArray, key: np.ndarray) -> bytes:
        check_vector(self.name, x)
        halves = x.backend.encode_float16(x).numpy().view(np.uint16)
        self._check_finite(halves)
        return halves.astype("<u2", copy=False).tobytes()

    def decode(self, payload: BytesLike, count: int, backend: Backend) -> NDArray:
        data = checked_bytes(self.name, payload, self.payload_size(count))
        halves = np.frombuffer(data, "<u2").astype(np.uint16, copy=False)
        self._check_finite(halves)
        return backend.decode_float16(backend.asarray(halves.view(np.uint8)))

    def _check_finite(self, halves: np.ndarray) -> None:
        wrong = halves & EXPONENT == EXPONENT
        if wrong.any():
            first = int(np.argmax(wrong))
            raise not_finite(self.name, first, first)
