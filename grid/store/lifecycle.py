"""Runs that are paused and go on."""

from __future__ import annotations

from grid.store import keys, lifecycle_scripts
from grid.store.base import StoreBase, fresh_token


class LifecycleStore(StoreBase):
    """Pauses runs and lets them go on."""

    def pause(self, run: str) -> bool:
        """Pause a queued or running run; False if it is paused already or has ended.

        Nothing more is sent for it, and no result is taken until it goes on; what was committed stays.
        """
        return self._move(lifecycle_scripts.PAUSE_RUN, run)

    def resume(self, run: str) -> bool:
        """Make a paused run running again, or queued if it never ran; False if it is not paused.

        Nobody is told: the caller sends the first task, or a supervisor finds that nothing moves.
        """
        return self._move(lifecycle_scripts.RESUME_RUN, run)

    def _move(self, script: str, run: str) -> bool:
        return bool(self._run_script(script, run, [keys.ACTIVE], [run, fresh_token()]) == b"accepted")
