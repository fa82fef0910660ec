"""What the site sees of the grid: the calls of ``grid.api`` on the servers that this application was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from flask import current_app

from grid import api
from grid.job import Job
from grid.settings import Settings
from web.followed_runs import FollowedRuns

if TYPE_CHECKING:
    from grid.store import RunHeader


class GridView:
    """The runs and workers of one grid.

    Attributes:
        followed: what has been read so far of the histories of the runs that were looked at.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._broker = settings.broker_url if settings else None
        self._blobs = settings.blob_url if settings else None
        self.followed = FollowedRuns()

    def runs(self) -> list[RunHeader]:
        """Return the headers of all runs, the newest first."""
        return api.list_runs(broker=self._broker, blobs=self._blobs)

    def run(self, run: str) -> api.Run:
        """Return a run.

        Raises:
            RunNotFoundError: if there is none of that name.
        """
        return api.get_run(run, broker=self._broker, blobs=self._blobs)

    def workers(self) -> list[dict[str, Any]]:
        """Return what every live worker last said of itself."""
        return api.list_workers(broker=self._broker, blobs=self._blobs)

    def submit(self, job: Job) -> str:
        """Queue a job and return the name of its run.

        Raises:
            JobError, NetworkError, DataError: if it cannot be run.
        """
        fields = job.model_dump()
        network = fields.pop("network")
        return api.submit(network, broker=self._broker, blobs=self._blobs, **fields).id


def current_grid() -> GridView:
    """Return the grid of the application that serves this request."""
    return cast(GridView, current_app.extensions["nabe"])
