"""Starts a training from the parameters of another one: those arrays that fit by name and shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grid.checkpoint import Checkpoint, by_name
from grid.errors import CheckpointError
from grid.session import Plan


@dataclass(frozen=True)
class Initialization:
    """Where a training begins, and what of it came from elsewhere.

    Attributes:
        checkpoint: at step 0, with the parameters that fitted and the plan's own for the rest.
        fitted: names of the arrays that were taken over.
        own: names of those that were not.
    """

    checkpoint: Checkpoint
    fitted: list[str]
    own: list[str]

    def __str__(self) -> str:
        rest = f"; begin anew: {', '.join(self.own)}" if self.own else ""
        return f"{len(self.fitted)} of {len(self.fitted) + len(self.own)} arrays taken over{rest}"


def initialize_from(plan: Plan, source: Checkpoint) -> Initialization:
    """Return the beginning of a training whose arrays are those of ``source`` where name and shape are the same.

    Raises:
        CheckpointError: if none are.
    """
    own = by_name(plan.network.initialize(plan.job.seed), plan.network.layout)
    found = {name: source.parameters[name] for name in own if name in source.parameters}
    fitted = [name for name, values in found.items() if values.shape == own[name].shape]
    if not fitted:
        raise CheckpointError(
            f"checkpoint: expected arrays such as {next(iter(own), 'none')} of the network, got none that fits"
        )
    arrays = {name: found[name] if name in fitted else values.copy() for name, values in own.items()}
    checkpoint = Checkpoint(plan.job, 0, arrays, np.zeros(plan.state_size, np.float32), [], 0)
    return Initialization(checkpoint, fitted, [name for name in arrays if name not in fitted])
