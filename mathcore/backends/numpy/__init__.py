"""The NumPy backend."""

from mathcore.backends.numpy.backend import NumpyBackend

__all__ = ["NumpyBackend"]
