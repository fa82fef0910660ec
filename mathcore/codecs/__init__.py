"""Codecs: gradients as bytes."""

from mathcore.codecs.codec import Codec
from mathcore.codecs.registry import create, names

__all__ = ["Codec", "create", "names"]
