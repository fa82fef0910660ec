"""The checkpoint files that this machine has of a run on the grid: what is left of it when the servers have lost it.

    STATE_DIR/runs/<run>/step-000000120.safetensors    the last two, as ``grid train --checkpoint`` writes them
    STATE_DIR/runs/<run>/lock                          held by who writes

A run's folder stays when the run is over: its last file holds the parameters. Of the folders of this machine the
latest are kept.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from pathlib import Path

from grid.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from grid.errors import CheckpointError, GridError
from grid.servers import locks

log = logging.getLogger(__name__)

FILES_KEPT = 2
FOLDERS_KEPT = 50
NAME = re.compile(r"step-(\d{9,})\.safetensors")


class RunFolder:
    """The files of one run; there need not be any."""

    def __init__(self, state_dir: Path, run: str) -> None:
        self.path = state_dir / "runs" / run

    def steps(self) -> list[int]:
        """Return the steps of the files, the newest first."""
        try:
            found = [NAME.fullmatch(entry.name) for entry in self.path.iterdir()]
        except OSError:
            return []
        return sorted((int(match[1]) for match in found if match), reverse=True)

    def file(self, step: int) -> Path:
        """Return the path of the file of a step."""
        return self.path / f"step-{step:09d}.safetensors"

    def age_seconds(self) -> float | None:
        """Return how long ago the newest file was written; ``None`` if there is none."""
        for step in self.steps()[:1]:
            try:
                return max(0.0, time.time() - self.file(step).stat().st_mtime)
            except OSError:
                break
        return None

    def newest(self) -> Checkpoint | None:
        """Return the newest checkpoint that can be read; a file that cannot is logged and the one before is taken."""
        for step in self.steps():
            try:
                return read_checkpoint(self.file(step))
            except CheckpointError as error:
                log.warning("%s", error)
        return None

    def write(self, checkpoint: Checkpoint) -> bool:
        """Write a file and delete the oldest; False if somebody else is writing, or has written a newer one.

        Raises:
            CheckpointError: if it cannot be written.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = locks.try_exclusive(self.path / "lock")
        except (OSError, GridError) as error:
            raise CheckpointError(f"checkpoint {self.path}: cannot be written: {error}") from None
        if lock is None:
            return False
        try:
            if any(step >= checkpoint.step for step in self.steps()):
                return False
            write_checkpoint(self.file(checkpoint.step), checkpoint)
            for step in self.steps()[FILES_KEPT:]:
                self.file(step).unlink(missing_ok=True)
            self._delete_oldest_folders()
            return True
        finally:
            os.close(lock)

    def _delete_oldest_folders(self) -> None:
        folders = sorted(self.path.parent.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in folders[FOLDERS_KEPT:]:
            shutil.rmtree(folder, ignore_errors=True)
