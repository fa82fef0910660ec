"""The codec that changes nothing: four bytes an element, little endian."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.codecs.codec import BytesLike, check_vector, checked_bytes, not_finite

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.base import Backend


class Float32:
    """Payload: P float32, little endian."""

    name = "float32"
    exact = True

    def payload_size(self, count: int) -> int:
        return 4 * count

    def encode(self, x: NDArray, key: np.ndarray) -> bytes:
        check_vector(self.name, x)
        values = x.numpy()
        self._check_finite(values)
        return values.astype("<f4", copy=False).tobytes()

    def decode(self, payload: BytesLike, count: int, backend: Backend) -> NDArray:
        data = checked_bytes(self.name, payload, self.payload_size(count))
        values = np.frombuffer(data, "<f4").astype(np.float32, copy=False)
        self._check_finite(values)
        return backend.asarray(values)

    def _check_finite(self, values: np.ndarray) -> None:
        finite = np.isfinite(values)
        if not finite.all():
            first = int(np.argmin(finite))
            raise not_finite(self.name, first, first)
