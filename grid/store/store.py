"""The store: one object for all that a run keeps in Redis.

Safe for several threads; connections are made on first use in each process, so it may be created before a fork.
Every write can be sent twice without harm, and is, for up to 15 seconds, when a server is away.
"""

from __future__ import annotations

from grid.store.evaluations import EvaluationStore
from grid.store.leases import LeaseStore
from grid.store.lifecycle import LifecycleStore
from grid.store.orphans import OrphanStore
from grid.store.runs import RunStore
from grid.store.seals import Seals
from grid.store.trust import TrustStore
from grid.store.workers import WorkerStore


class Store(RunStore, EvaluationStore, LeaseStore, LifecycleStore, TrustStore, WorkerStore, OrphanStore):
    """Runs, versions, gradients, evaluations, leases and workers on the servers.

    Args:
        control_url: ``redis://``, ``rediss://`` or ``unix://`` URL of the control server.
        blob_url: the same of the blob server, or of several, separated by commas; may be the control server where the
            blobs are small.
        seals: of whoever writes; without them records are neither sealed nor checked.
    """

    def __init__(self, control_url: str, blob_url: str, seals: Seals | None = None) -> None:
        super().__init__(control_url, blob_url, seals)
        self.blobs.make_room = self.delete_orphans

    def ping(self) -> None:
        """Return if all servers answer.

        Raises:
            BrokerError: if one does not, after one try; names it without its password.
        """
        self.control.ping()
        self.blobs.ping()

    def close(self) -> None:
        """Drop all connections of this process."""
        self.control.close()
        self.blobs.close()
