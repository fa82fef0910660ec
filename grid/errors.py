"""Errors of the runtime: broker, servers, store, wire format, jobs and data.

Each message is one line that names what was expected, what came and what to do; the commands print it after
``error: `` and exit with code 2. No message holds a password.
"""

from collections.abc import Mapping


class GridError(Exception):
    """Raised when the runtime cannot do what it was asked; base of all errors in this file."""


class SettingsError(GridError):
    """Raised when an environment variable holds a value that cannot be used; the message names the variable."""


class ServerError(GridError):
    """Raised when the embedded servers cannot be found, started or joined."""


class BrokerError(GridError):
    """Raised when the control or the blob server is unreachable, refuses the login or does not answer in time."""


class StoreError(GridError):
    """Raised when a value in Redis is not what Nabe writes, or a value given to the store cannot be written."""


class RunNotFoundError(GridError):
    """Raised when the control server knows no run of the given id."""


class BlobMissingError(GridError):
    """Raised when a version, a chunk or a gradient is gone: the reader is stale, or the blob server was restarted."""


class VersionLostError(BlobMissingError):
    """Raised when the current version of a run is gone from the blob server: the run cannot go on."""


class BlobCorruptError(GridError):
    """Raised when the bytes of a chunk do not have the size or the digest that its manifest names."""


class BlobsFullError(GridError):
    """Raised when the blob server has no memory left; the message tells used, limit and what to do."""


class PayloadError(GridError):
    """Raised when a gradient payload is malformed: wrong magic, version, size, checksum or header."""


class SealError(GridError):
    """Raised when a record does not carry the seal of the worker that it names: forged, damaged, or another secret."""


class ShardRefusedError(GridError):
    """Raised when a shard's gradient cannot count; it is taken back and computed again elsewhere.

    Attributes:
        shard: which one.
        worker, token: who made it, and its name; filled in by whoever knows.
    """

    def __init__(self, shard: int, message: str) -> None:
        super().__init__(message)
        self.shard = shard
        self.worker = ""
        self.token = ""


class MessageError(GridError):
    """Raised when a message of the queue is not one that Nabe sends."""


class RunFailedError(GridError):
    """Raised when a run that was waited for has failed or was cancelled; the message tells why."""


class WorkerError(GridError):
    """Raised when a worker process of this machine cannot compute; the message tells its reason."""


class DivergedError(GridError):
    """Raised when the loss of a shard is NaN or infinite; the message names step and shard."""


class JobError(GridError):
    """Raised when a job cannot be accepted; the message names the field.

    Attributes:
        errors: every wrong field with its message; empty when the trouble is not in one field.
    """

    def __init__(self, message: str, *, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.errors = dict(errors or {})


class CheckpointError(GridError):
    """Raised when a checkpoint file cannot be written or read, or does not fit the job; the message names the file."""


class DataError(GridError):
    """Raised when a data set is missing or malformed; the message names the file."""
