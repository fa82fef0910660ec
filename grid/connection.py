"""Which servers a process talks to: those that the settings name, else the embedded pair of this user."""

from __future__ import annotations

from dataclasses import dataclass, field

from grid import servers
from grid.errors import BrokerError
from grid.settings import Settings
from grid.store import Seals, Store


@dataclass(frozen=True)
class Connection:
    """The URLs of the control and the blob server, the embedded pair if they are ours, and the secret of the seals.

    While ``embedded`` is held open the embedded servers keep running.
    """

    control_url: str
    blob_url: str
    embedded: servers.Servers | None = None
    secret: bytes | None = field(default=None, repr=False)

    def open_store(self, worker: str) -> Store:
        """Return a store on both servers that seals what ``worker`` writes."""
        return Store(self.control_url, self.blob_url, Seals(self.secret, worker))

    def guard(self, settings: Settings) -> None:
        """Keep the embedded servers alive, if they are ours, from a thread of this process."""
        if self.embedded is not None:
            self.embedded.guard(settings.redis_server)

    def close(self) -> None:
        """Let go of the embedded servers; the last process to do so stops them."""
        if self.embedded is not None:
            self.embedded.close()


def connect(settings: Settings) -> Connection:
    """Return the configured servers, or the embedded ones if they are running.

    Raises:
        BrokerError: if neither is there.
    """
    if settings.broker_url:
        return _configured(settings, settings.broker_url)
    running = servers.find(settings.state_dir)
    if running is None:
        raise BrokerError(
            "expected a running grid, got none; start one with `celery -A grid worker`, or set GRID_BROKER_URL"
        )
    return Connection(running.control_url, running.blob_url, running, settings.secret or running.secret)


def connect_or_start(settings: Settings) -> Connection:
    """Return the configured servers, or the embedded ones, started if they are not running."""
    if settings.broker_url:
        return _configured(settings, settings.broker_url)
    started = servers.attach(settings.state_dir, server_binary=settings.redis_server)
    return Connection(started.control_url, started.blob_url, started, settings.secret or started.secret)


def _configured(settings: Settings, broker_url: str) -> Connection:
    return Connection(broker_url, settings.blob_url or broker_url, secret=settings.secret)
