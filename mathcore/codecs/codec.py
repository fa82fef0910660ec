"""What every codec is: a float32 vector to bytes and back. Codecs keep no state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from mathcore.errors import CodecError

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.base import Backend

BytesLike = bytes | bytearray | memoryview


class Codec(Protocol):
    """A way to write float32 vectors as bytes; the same bytes from every backend.

    Attributes:
        name: how jobs and payloads call it.
        exact: whether decoding gives back every bit.
    """

    name: str
    exact: bool

    def payload_size(self, count: int) -> int:
        """Return the size in bytes of the payload of ``count`` elements."""

    def encode(self, x: NDArray, key: np.ndarray) -> bytes:
        """Return the payload of ``x`` (P,) float32.

        Args:
            x: the vector.
            key: int32 (4,), see ``coding_key``; what rounds by chance draws from it, the others leave it alone.

        Raises:
            CodecError: if ``x`` is no float32 vector or holds NaN or infinity.
        """

    def decode(self, payload: BytesLike, count: int, backend: Backend) -> NDArray:
        """Return the vector (``count``,) float32 of an untrusted payload, on ``backend``.

        Raises:
            CodecError: if the payload has another size or holds what no encoder writes.
        """


def coding_key(seed: int, step: int, shard: int) -> np.ndarray:
    """Return the key, int32 (4,), of one encoded vector; numbers of 32 bits and more wrap around."""
    words = (seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF, step & 0xFFFFFFFF, shard & 0xFFFFFFFF)
    return np.array(words, np.uint32).view(np.int32)


def check_vector(codec: str, x: NDArray) -> None:
    """Raise CodecError unless ``x`` is a float32 vector."""
    if x.ndim != 1 or x.dtype != np.float32:
        raise CodecError(f"{codec}: expected a float32 vector, got {x.dtype} of shape {x.shape}; reshape or convert it")


def key_words(codec: str, key: np.ndarray) -> tuple[int, int, int, int]:
    """Return the four 32-bit words of a key: low and high half of the seed, step, shard.

    Raises:
        CodecError: if it is none.
    """
    if key.dtype != np.int32 or key.shape != (4,):
        raise CodecError(f"{codec}: expected a key of int32 (4,), got {key.dtype} {key.shape}; use codecs.coding_key")
    low, high, step, shard = map(int, key.view(np.uint32))
    return low, high, step, shard


def checked_bytes(codec: str, payload: BytesLike, size: int) -> memoryview:
    """Return the bytes of a payload; raise CodecError unless there are ``size``."""
    data = memoryview(payload).cast("B")
    if data.nbytes != size:
        raise CodecError(f"{codec}: expected a payload of {size} bytes, got {data.nbytes}; send it again")
    return data


def not_finite(codec: str, first: int, last: int) -> CodecError:
    """Return the error of a vector that diverged somewhere in elements ``first`` to ``last``."""
    return CodecError(
        f"{codec}: expected finite values, got NaN or infinity in elements {first} to {last}; lower the learning rate"
    )
