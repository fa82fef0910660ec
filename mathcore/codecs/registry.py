"""The codecs by name."""

from __future__ import annotations

from mathcore.codecs.codec import Codec
from mathcore.codecs.dynamic8 import Dynamic8
from mathcore.codecs.dynamic8_legacy import Dynamic8Legacy
from mathcore.codecs.float16 import Float16
from mathcore.codecs.float32 import Float32
from mathcore.codecs.sr4 import Sr4
from mathcore.codecs.ternary import Ternary
from mathcore.errors import CodecError

_classes: dict[str, type[Codec]] = {
    "float32": Float32,
    "float16": Float16,
    "dynamic8": Dynamic8,
    "dynamic8_legacy": Dynamic8Legacy,
    "sr4": Sr4,
    "ternary": Ternary,
}


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
