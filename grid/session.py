"""A job on one backend: network, data, codec, optimizer, and the parameters of one version.

The same code computes a shard and applies a step in a Celery worker and in ``grid train --local``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grid import datasets
from grid.errors import DivergedError, JobError
from grid.job import Job
from grid.networks import load_network
from grid.sampling import shard_bounds, shard_examples
from mathcore import codecs, optimizers
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.network import Network

EVALUATION_SHARD_EXAMPLES = 2000
EVALUATION_BATCH_EXAMPLES = 250


@dataclass(frozen=True)
class Gradient:
    """The mean gradient (P,) of one shard, its mean loss and its number of examples."""

    vector: NDArray
    loss: float
    examples: int


@dataclass(frozen=True)
class Score:
    """Sum of the losses, number of correct answers and number of examples of one evaluation shard."""

    loss_sum: float
    correct: int
    examples: int


class Plan:
    """What a job comes to before any device is touched: network, data and sizes, checked against each other.

    Raises:
        JobError: if network and data do not fit.
        NetworkError: if the definition is malformed.
        DataError: if the data set is missing or malformed.
    """

    def __init__(self, job: Job, data_dir: Path) -> None:
        self.job = job
        self.network = Network(load_network(job.network))
        self.data = datasets.load_for_job(job.data, self.network, data_dir=data_dir)
        if tuple(self.network.data_shape) != tuple(self.data.data_shape):
            raise JobError(
                f"data {self.data.name}: expected examples of shape {tuple(self.network.data_shape)} as the network's "
                f"data layer says, got {tuple(self.data.data_shape)}"
            )
        if self.data.classes > self.network.classes:
            raise JobError(
                f"data {self.data.name}: expected labels below {self.network.classes}, the number of scores that the "
                f"network gives, got {self.data.classes} classes; change out_size of the last layer"
            )
        self.evaluation_shards = max(1, -(-len(self.data.test) // EVALUATION_SHARD_EXAMPLES))
        self.optimizer = optimizers.create(
            job.optimizer,
            learning_rate=job.learning_rate, momentum=job.momentum, weight_decay=job.weight_decay,
        )

    def initial_arrays(self) -> dict[str, np.ndarray]:
        """Return the parameter vector and the optimizer state of version 0."""
        return {
            "parameters": self.network.initialize(self.job.seed),
            "optimizer": np.zeros(self.optimizer.state_size(self.network.layout.learned_size), np.float32),
        }


class Session:
    """A plan on a backend.

    Attributes:
        parameters: the parameter vector (P,) on the device.
        state: the optimizer state on the device.
        token: names the version that ``parameters`` holds; ``None`` when unknown.
        state_token: names the version that ``state`` holds.
    """

    def __init__(self, plan: Plan, backend: Backend) -> None:
        self.plan = plan
        self.job = plan.job
        self.backend = backend
        self.codec = codecs.create(plan.job.codec)
        size = plan.network.layout.size
        self.parameters = backend.zeros((size,))
        self.state = backend.zeros((plan.optimizer.state_size(plan.network.layout.learned_size),))
        self.token: str | None = None
        self.state_token: str | None = None
        self._gradient = backend.zeros((size,))
        self._mean = backend.zeros((size,))
        self._zeros = backend.zeros((size,))
        self._multipliers = optimizers.Multipliers.of(plan.network.layout, backend)

    def gradient(self, step: int, shard: int) -> Gradient:
        """Return the gradient of one shard at the current parameters; valid until the next call.

        Raises:
            DivergedError: if its loss is not finite.
        """
        job = self.job
        examples = shard_examples(
            seed=job.seed, step=step, shard=shard, shards=job.shards,
            batch_size=job.batch_size, count=len(self.plan.data.train),
        )
        images, labels = self.plan.data.train.batch(examples)
        loss = self.plan.network.gradient(
            self.parameters, self.backend.asarray(images), self.backend.asarray(labels), self._gradient
        )
        value = float(loss.item())
        if not math.isfinite(value):
            raise DivergedError(
                f"step {step}, shard {shard}: expected a finite loss, got {value}; lower the learning rate"
            )
        return Gradient(self._gradient, value, len(examples))

    def update(self, gradients: Iterable[tuple[NDArray, int]], *, step: int) -> None:
        """Turn the current version into the next one.

        Args:
            step: the number of updates before this one.
            gradients: every shard's decoded gradient (P,) with its number of examples, in shard order: the order
                decides the bits.
        """
        self.token = self.state_token = None
        self.backend.copy(self._zeros, self._mean)
        for vector, examples in gradients:
            self.backend.accumulate(self._mean, vector, examples / self.job.batch_size)
        self.plan.optimizer.update(
            self.parameters, self.state, self._mean,
            step=step, size=self.plan.network.layout.learned_size, multipliers=self._multipliers,
        )  # fmt: skip

    def score(self, shard: int) -> Score:
        """Evaluate one shard of the test split at the current parameters."""
        split = self.plan.data.test
        start, stop = shard_bounds(shard, self.plan.evaluation_shards, len(split))
        loss_sum, correct = 0.0, 0
        for first in range(start, stop, EVALUATION_BATCH_EXAMPLES):
            images, labels = split.batch(np.arange(first, min(stop, first + EVALUATION_BATCH_EXAMPLES)))
            result = self.plan.network.evaluate(
                self.parameters, self.backend.asarray(images), self.backend.asarray(labels)
            )
            loss_sum += result.loss * result.examples
            correct += result.correct
        return Score(loss_sum, correct, stop - start)
