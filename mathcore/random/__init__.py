"""Counter-based random numbers: the same on every device. ``philox`` defines them, ``Generator`` makes arrays."""

from mathcore.random.generator import Generator

__all__ = ["Generator"]
