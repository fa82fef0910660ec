"""The bound on the norm of a gradient: what is far beyond all that a run has seen does not become part of a step.

The L2 norm of a shard's gradient may be ``norm_bound`` times the larger of two: the lower median of the step's shards,
and what is typical for the run, which is the lower median of the shards of the first step measured. Late in a training
most shards may have next to no gradient and one a large one; the second number keeps that one in.

Measuring every shard would cost a pass over each. But a shard beyond the bound shows in the mean: with a weight w of at
least ``least`` it moves the mean's norm to about w times its own. So the mean is measured, and the shards only when its
norm is more than half of ``least * norm_bound * typical``.
"""

from __future__ import annotations

from collections.abc import Sequence

from grid.errors import ShardRefusedError
from mathcore.array import NDArray
from mathcore.optimizers.optimizer import gradient_norm


def norm_of(vector: NDArray) -> float:
    """Return the L2 norm of a vector (P,)."""
    return gradient_norm(vector, size=vector.size, multipliers=None)


def looks_typical(mean: NDArray, *, bound: float, least: float, typical: float) -> bool:
    """Return whether no shard can be far beyond the bound, from the mean gradient (P,) alone.

    Args:
        mean: the mean of all shards.
        bound: ``norm_bound`` of the job.
        least: the smallest weight of a shard in the mean.
        typical: norm of the run.
    """
    return norm_of(mean) <= 0.5 * least * bound * typical


def lower_median(norms: Sequence[float]) -> float:
    """Return the lower median of those that are not zero; 0 if all are."""
    found = sorted(norm for norm in norms if norm > 0)
    return found[(len(found) - 1) // 2] if found else 0.0


def check_norms(norms: Sequence[float], *, bound: float, typical: float | None) -> None:
    """Return if the norms of all shards are within the bound.

    Raises:
        ShardRefusedError: for the first one that is not.
    """
    reference = max(lower_median(norms), typical or 0.0)
    for shard, norm in enumerate(norms):
        if norm > bound * reference:
            raise ShardRefusedError(
                shard, f"expected a gradient with a norm of at most {bound:g} times {reference:.4g}, got {norm:.4g}"
            )


