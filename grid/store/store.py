"""The store: one object for all that a run keeps in Redis.

Safe for several threads; connections are made on first use in each process, so it may be created before a fork.
Every write can be sent twice without harm, and is, for up to 15 seconds, when a server is away.
"""

from __future__ import annotations

from grid.store.evaluations import EvaluationStore
from grid.store.leases import LeaseStore
from grid.store.runs import RunStore
from grid.store.workers import WorkerStore


class Store(RunStore, EvaluationStore, LeaseStore, WorkerStore):
    """Runs, versions, gradients, evaluations, leases and workers on two servers.

    Args:
        control_url: ``redis://``, ``rediss://`` or ``unix://`` URL of the control server.
        blob_url: the same of the blob server; may be the same server where the blobs are small.
    """

    def __init__(self, control_url: str, blob_url: str) -> None:
        super().__init__(control_url, blob_url)

    def ping(self) -> None:
        """Return if both servers answer.

        Raises:
            BrokerError: if one does not, after one try; names it without its password.
        """
        self.control.ping()
        self.blobs.ping()

    def close(self) -> None:
        """Drop all connections of this process."""
        self.control.close()
        self.blobs.close()
