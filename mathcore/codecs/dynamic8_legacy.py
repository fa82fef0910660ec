"""The 8-bit codec as it was published: one scale for the whole vector, rounding down for half of the bins.

Only to reproduce figures of papers: ``dynamic8`` has the same codes with half of the error. Payload: the scale, float32
little endian, then P codes, uint8. ``dynamic_tree.py`` defines the codes and the thresholds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.codecs.codec import BytesLike, check_vector, checked_bytes, not_finite
from mathcore.codecs.dynamic8 import check_scales
from mathcore.codecs.dynamic_tree import BLOCK

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.base import Backend


class Dynamic8Legacy:
    """The published encoder of the dynamic tree."""

    name = "dynamic8_legacy"
    exact = False

    def payload_size(self, count: int) -> int:
        return 4 + count

    def encode(self, x: NDArray, key: np.ndarray) -> bytes:
        check_vector(self.name, x)
        codes, scale = (array.numpy() for array in x.backend.encode_dynamic8_legacy(x))
        if not np.isfinite(scale[0]):
            first = int(np.argmin(np.isfinite(x.numpy())))
            raise not_finite(self.name, first, first)
        return b"".join((scale.astype("<f4", copy=False).data, codes.data))

    def decode(self, payload: BytesLike, count: int, backend: Backend) -> NDArray:
        data = checked_bytes(self.name, payload, self.payload_size(count))
        scale = np.frombuffer(data, "<f4", 1).astype(np.float32, copy=False)
        check_scales(self.name, scale)
        codes = np.frombuffer(data, np.uint8, offset=4)
        scales = np.repeat(scale, -(-count // BLOCK))
        return backend.decode_dynamic8(backend.asarray(codes), backend.asarray(scales))
