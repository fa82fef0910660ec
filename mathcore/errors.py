"""Errors of the array, layer, network and codec code."""


class MathcoreError(ValueError):
    """Raised when a value given to mathcore cannot be used; the message names what was expected."""


class ShapeError(MathcoreError):
    """Raised when shapes do not fit each other."""


class DTypeError(MathcoreError):
    """Raised when an element type is not supported where it was given."""


class DeviceError(MathcoreError):
    """Raised when a device is absent, cannot be used, or arrays of two devices meet."""


class NetworkError(MathcoreError):
    """Raised when a network definition is malformed; the message names the layer."""


class UnknownTypeError(NetworkError):
    """Raised when a definition names a layer type that is not registered."""


class OptimizerError(MathcoreError):
    """Raised when an optimizer or one of its settings is unknown or out of range."""


class CodecError(MathcoreError):
    """Raised when a codec is unknown, a vector holds NaN or infinity, or a payload is malformed."""


class FreedError(MathcoreError):
    """Raised when an array is used after it was freed."""


class InterchangeError(DeviceError, BufferError):
    """Raised when an array cannot be handed to, or taken from, another library as asked."""
