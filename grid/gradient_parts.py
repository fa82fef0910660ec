"""A shard's gradient in its two parts, how they travel, and their mean over the shards.

The first ``layout.learned_size`` elements of a vector are learned: their gradient goes through the job's codec. The
rest are running statistics, such as the means of batch normalization: in their places a shard gives their next values,
which travel as they are, float32 little endian, behind the codec's bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grid.errors import DivergedError, PayloadError
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.codecs.codec import Codec
from mathcore.errors import CodecError
from mathcore.network import Layout
from mathcore.network.diagnosis import first_gradient_not_finite

ITEM_BYTES = 4


@dataclass(frozen=True)
class Parts:
    """The learned part (L,) of a vector and the running part (R,), float32; ``None`` where nothing is running."""

    learned: NDArray
    running: NDArray | None


def split(vector: NDArray, layout: Layout) -> Parts:
    """Return the parts of a vector (P,) as views; without running statistics the learned part is the vector itself."""
    if layout.learned_size == layout.size:
        return Parts(vector, None)
    backend, size = vector.backend, layout.learned_size
    return Parts(backend.view(vector, 0, (size,)), backend.view(vector, size, (layout.size - size,)))


def body_size(codec: Codec, layout: Layout) -> int:
    """Return the size in bytes of the body of a payload."""
    return codec.payload_size(layout.learned_size) + ITEM_BYTES * (layout.size - layout.learned_size)


def encode(codec: Codec, parts: Parts, layout: Layout) -> bytes:
    """Return the body of a payload.

    Raises:
        DivergedError: if a part holds NaN or infinity.
    """
    learned = _encode_learned(codec, parts, layout)
    if parts.running is None:
        return learned
    running = parts.running.numpy()
    if not np.isfinite(running).all():
        raise DivergedError("running statistics: expected finite values, got NaN or infinity; lower the learning rate")
    return learned + running.astype("<f4", copy=False).tobytes()


def _encode_learned(codec: Codec, parts: Parts, layout: Layout) -> bytes:
    try:
        return codec.encode(parts.learned)
    except CodecError:
        name = first_gradient_not_finite(parts.learned, layout)
        if name is None:
            raise
        raise DivergedError(
            f"expected finite gradients, got NaN or infinity first in that of {name}; lower the learning rate"
        ) from None


def decode(codec: Codec, body: memoryview, layout: Layout, backend: Backend) -> Parts:
    """Return the parts in an untrusted body.

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
        return Parts(learned, None)
    running = np.frombuffer(body[end:], "<f4").astype(np.float32, copy=False)
    if not np.isfinite(running).all():
        raise PayloadError("payload: expected finite running statistics, got NaN or infinity")
    return Parts(learned, backend.asarray(running))


def through_codec(codec: Codec, parts: Parts, layout: Layout) -> Parts:
    """Return what the other end of the wire would decode.

    Raises:
        DivergedError: if the codec is not exact and the learned part holds NaN or infinity.
    """
    if codec.exact:
        return parts
    learned = parts.learned
    return Parts(codec.decode(_encode_learned(codec, parts, layout), learned.size, learned.backend), parts.running)


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


class MeanGradient:
    """The mean of the shards of one step, both parts weighted by examples; to be added in shard order."""

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._learned = WeightedMean()
        self._running: WeightedMean | None = None

    def add(self, parts: Parts, examples: int) -> None:
        """Add one shard of so many examples."""
        weight = examples / self._batch_size
        self._learned.add(parts.learned, weight)
        if parts.running is not None:
            self._running = self._running or WeightedMean()
            self._running.add(parts.running, weight)

    def result(self) -> Parts:
        """Return the mean."""
        return Parts(self._learned.result(), None if self._running is None else self._running.result())
