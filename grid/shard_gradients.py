"""The gradient of one shard of a batch, at parameters that change between calls.

Examples and random numbers follow from the job's seed, the number of the batch and the shard, so that every worker
computes the same.
"""

from __future__ import annotations

import math

import numpy as np

from grid.datasets import Split
from grid.errors import DivergedError
from grid.gradient_parts import WeightedMean
from grid.job import Job
from grid.sampling import shard_bounds, shard_examples
from mathcore.array import NDArray
from mathcore.layers import training_key
from mathcore.network import Network
from mathcore.network.training_step import TrainingStep


class ShardGradients:
    """Computes gradients at one parameter vector."""

    def __init__(self, job: Job, network: Network, split: Split, parameters: NDArray) -> None:
        """Take the examples and the parameters (P,); the vector stays the same, its values change."""
        self._job = job
        self._network = network
        self._split = split
        self._parameters = parameters
        self._gradient = parameters.backend.zeros(parameters.shape)  # with zeros for the padding, which nobody writes
        self._step = TrainingStep(network, parameters.backend, parameters, self._gradient)

    def compute(self, batch: int, shard: int) -> tuple[NDArray, float]:
        """Return mean gradient (P,) and mean loss of a shard of a batch; the gradient is valid until the next call.

        A shard larger than ``micro_batch`` is computed in pieces of nearly equal length, in order.

        Args:
            batch: its number in the run, from 0.
            shard: its number in the batch.
        Raises:
            DivergedError: if the loss is not finite; names the layer where that began.
        """
        job = self._job
        start, _ = shard_bounds(shard, job.shards, job.batch_size)
        examples = shard_examples(
            seed=job.seed, batch=batch, shard=shard, shards=job.shards,
            batch_size=job.batch_size, count=len(self._split),
        )
        if job.micro_batch and len(examples) > job.micro_batch:
            return self._in_pieces(examples, batch=batch, place=start)
        return self._gradient, self._compute(examples, batch=batch, place=start)

    def _in_pieces(self, examples: np.ndarray, *, batch: int, place: int) -> tuple[NDArray, float]:
        """Return gradient and mean loss of examples that are too many to be computed at once."""
        pieces = math.ceil(len(examples) / self._job.micro_batch)
        mean, loss = WeightedMean(), 0.0
        for piece in range(pieces):
            first, last = shard_bounds(piece, pieces, len(examples))
            weight = (last - first) / len(examples)
            loss += weight * self._compute(examples[first:last], batch=batch, place=place + first)
            mean.add(self._gradient, weight)
        return mean.result(), loss

    def _compute(self, examples: np.ndarray, *, batch: int, place: int) -> float:
        """Write the gradient of some examples and return their mean loss.

        Args:
            examples: (N,) their indices in the training split.
            batch: number of the batch that they belong to.
            place: of the first one in that batch; random numbers follow from it, so that they do not depend on
                how the batch is cut.
        """
        images, labels = self._split.batch(examples)
        key = training_key(self._job.seed, batch, place)
        loss = float(self._step.run(images, labels, key).item())
        if not math.isfinite(loss):
            data, answers, drawn = (self._parameters.backend.asarray(values) for values in (images, labels, key))
            found = self._network.first_not_finite(self._parameters, data, answers, key=drawn)
            where = f"{found} was the first that is not finite" if found else "computed again, it is finite"
            raise DivergedError(f"expected a finite loss, got {loss}; {where}; lower the learning rate")
        return loss
