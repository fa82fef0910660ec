"""A shard's gradient in its two parts, how they travel, and their mean over the shards.

The first ``layout.learned_size`` elements of a vector are learned: their gradient goes through the job's codec. The
rest are running statistics, such as the means of batch normalization: in their places a shard gives their next values,
which travel as they are, float32 little endian, behind the codec's bytes.

Parts are copied rather than viewed: views that overlap those of the layers are no good on NVIDIA's driver.
"""

from __future__ import annotations

import numpy as np

from grid.errors import DivergedError, PayloadError
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.codecs.codec import Codec
from mathcore.errors import CodecError
from mathcore.network import Layout
from mathcore.network.diagnosis import first_gradient_not_finite

ITEM_BYTES = 4


def body_size(codec: Codec, layout: Layout) -> int:
    """Return the size in bytes of the body of a payload."""
    return codec.payload_size(layout.learned_size) + ITEM_BYTES * (layout.size - layout.learned_size)


def encode(codec: Codec, gradient: NDArray, layout: Layout, key: np.ndarray) -> bytes:
    """Return the body of the payload of a gradient (P,); ``key`` as the codec takes it.

    Raises:
        DivergedError: if it holds NaN or infinity.
    """
    learned = _encode_learned(codec, gradient, layout, key)
    if layout.learned_size == layout.size:
        return learned
    running = running_part(gradient, layout).numpy()
    if not np.isfinite(running).all():
        raise DivergedError("running statistics: expected finite values, got NaN or infinity; lower the learning rate")
    return learned + running.astype("<f4", copy=False).tobytes()


def decode(codec: Codec, body: memoryview, layout: Layout, backend: Backend) -> NDArray:
    """Return the gradient (P,) in an untrusted body.

    Raises:
        PayloadError: if the body has another size, or running statistics are not finite.
        CodecError: if the learned part holds what no encoder writes.
    """
    expected = body_size(codec, layout)
    if len(body) != expected:
        raise PayloadError(f"payload: expected a body of {expected} bytes, got {len(body)}")
    end = codec.payload_size(layout.learned_size)
    learned = codec.decode(body[:end], layout.learned_size, backend)
    if end == expected:
        return learned
    running = np.frombuffer(body[end:], "<f4").astype(np.float32, copy=False)
    if not np.isfinite(running).all():
        raise PayloadError("payload: expected finite running statistics, got NaN or infinity")
    return _joined(learned, backend.asarray(running), layout)


def through_codec(codec: Codec, gradient: NDArray, layout: Layout, key: np.ndarray) -> NDArray:
    """Return what the other end of the wire would decode.

    Raises:
        DivergedError: if the codec is not exact and the learned part holds NaN or infinity.
    """
    if codec.exact:
        return gradient
    learned = codec.decode(_encode_learned(codec, gradient, layout, key), layout.learned_size, gradient.backend)
    if layout.learned_size == layout.size:
        return learned
    return _joined(learned, running_part(gradient, layout), layout)


def running_part(vector: NDArray, layout: Layout) -> NDArray:
    """Return a copy of the running statistics (R,) in a vector (P,)."""
    return vector.backend.read_strided(vector, layout.learned_size, (1,), (layout.size - layout.learned_size,))


def copy_running(source: NDArray, destination: NDArray, layout: Layout) -> None:
    """Copy the running statistics of one vector (P,) into another."""
    if layout.learned_size < layout.size:
        _write(destination, layout.learned_size, running_part(source, layout))


def _encode_learned(codec: Codec, gradient: NDArray, layout: Layout, key: np.ndarray) -> bytes:
    learned = gradient
    if layout.learned_size < layout.size:
        learned = gradient.backend.read_strided(gradient, 0, (1,), (layout.learned_size,))
    try:
        return codec.encode(learned, key)
    except CodecError:
        name = first_gradient_not_finite(learned, layout)
        if name is None:
            raise
        raise DivergedError(
            f"expected finite gradients, got NaN or infinity first in that of {name}; lower the learning rate"
        ) from None


def _joined(learned: NDArray, running: NDArray, layout: Layout) -> NDArray:
    vector = learned.backend.empty((layout.size,))
    _write(vector, 0, learned)
    _write(vector, layout.learned_size, running)
    return vector


def _write(vector: NDArray, offset: int, values: NDArray) -> None:
    vector.backend.write_strided(vector, offset, (1,), values.shape, values)


class WeightedMean:
    """The weighted mean of vectors, added up in the order in which they come: the order decides the bits.

    A single vector of weight 1 is its own mean and is kept as it is; otherwise the mean is one vector more.
    """

    def __init__(self) -> None:
        self._total: NDArray | None = None

    def add(self, vector: NDArray, weight: float) -> None:
        """Add ``float32(weight) * vector``; all weights together make 1."""
        backend = vector.backend
        if self._total is not None:
            backend.accumulate(self._total, vector, weight)
        elif weight == 1:
            self._total = vector
        else:
            self._total = backend.elementwise("multiply", vector, backend.asarray(weight, np.float32))

    def result(self) -> NDArray:
        """Return the mean of what was added."""
        assert self._total is not None, "add comes first"
        return self._total
