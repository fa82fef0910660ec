"""Codecs: gradients as bytes."""

from mathcore.codecs.codec import Codec, coding_key
from mathcore.codecs.registry import create, names

__all__ = ["Codec", "coding_key", "create", "names"]
