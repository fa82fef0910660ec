"""Devices and the operations on their arrays."""

from mathcore.backends.base import Backend
from mathcore.backends.registry import create

__all__ = ["Backend", "create"]
