"""The codecs by name."""

from __future__ import annotations

from mathcore.codecs.codec import Codec
from mathcore.codecs.dynamic8 import Dynamic8
from mathcore.codecs.float32 import Float32
from mathcore.errors import CodecError

_classes: dict[str, type[Codec]] = {"float32": Float32, "dynamic8": Dynamic8}


def names() -> tuple[str, ...]:
    """Return the names of all codecs."""
    return tuple(_classes)


def create(name: str) -> Codec:
    """Return a codec.

    Raises:
        CodecError: if there is none of that name; lists the names.
    """
    if name not in _classes:
        raise CodecError(f"codec: expected one of {', '.join(names())}, got {name!r}")
    return _classes[name]()
