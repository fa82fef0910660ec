"""The 8-bit codec: dynamic tree codes with a scale for every block of 256 elements; 8.125 bits an element.

Payload: ceil(P / 256) scales, float32 little endian, then P codes, uint8. The codes, the thresholds and what encoding
means are defined in ``dynamic_tree.py``; the backends do the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.codecs.codec import BytesLike, check_vector, checked_bytes, not_finite
from mathcore.codecs.dynamic_tree import BLOCK, MINIMUM_SCALE
from mathcore.errors import CodecError

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.base import Backend


class Dynamic8:
    """Nearest dynamic tree code, one scale per block of 256."""

    name = "dynamic8"
    exact = False

    def payload_size(self, count: int) -> int:
        return 4 * _block_count(count) + count

    def encode(self, x: NDArray, key: np.ndarray) -> bytes:
        check_vector(self.name, x)
        codes, scales = (array.numpy() for array in x.backend.encode_dynamic8(x))
        finite = np.isfinite(scales)
        if not finite.all():
            first = int(np.argmin(finite)) * BLOCK
            raise not_finite(self.name, first, min(first + BLOCK, x.size) - 1)
        return b"".join((scales.astype("<f4", copy=False).data, codes.data))

    def decode(self, payload: BytesLike, count: int, backend: Backend) -> NDArray:
        data = checked_bytes(self.name, payload, self.payload_size(count))
        blocks = _block_count(count)
        scales = np.frombuffer(data, "<f4", blocks).astype(np.float32, copy=False)
        check_scales(self.name, scales)
        codes = np.frombuffer(data, np.uint8, count, offset=4 * blocks)
        return backend.decode_dynamic8(backend.asarray(codes), backend.asarray(scales))


def check_scales(codec: str, scales: np.ndarray) -> None:
    """Raise CodecError unless an encoder may have written the scales, float32 (B,)."""
    usable = np.isfinite(scales) & ((scales == 0) | (scales >= MINIMUM_SCALE))
    if not usable.all():
        wrong = int(np.argmin(usable))
        raise CodecError(
            f"{codec}: expected scales of 0 or 2**-100 and more, got {scales[wrong]} for block {wrong}; "
            "send the payload again"
        )


def _block_count(count: int) -> int:
    return -(-count // BLOCK)
