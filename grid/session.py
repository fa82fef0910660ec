"""A job on one backend: network, data, codec, optimizer, and the parameters of one version.

The same code computes a shard and applies a step in a Celery worker and in ``grid train --local``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grid import datasets
from grid.errors import DivergedError, JobError
from grid.gradient_parts import WeightedMean, copy_running
from grid.job import Job
from grid.networks import load_network
from grid.sampling import shard_bounds, shard_examples
from mathcore import codecs, optimizers
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import OptimizerError, UnknownTypeError
from mathcore.layers import training_key
from mathcore.network import Network
from mathcore.network.training_step import TrainingStep

EVALUATION_SHARD_EXAMPLES = 2000
EVALUATION_BATCH_EXAMPLES = 250
FROM_PLUGINS = "one of your own comes from a module that GRID_PLUGINS names, here and on every worker"


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

    Attributes:
        job: the job, with ``steps`` in place of ``epochs``.
        network: of its definition.
        data: training and test split.
        evaluation_shards: parts of an evaluation.
        optimizer: with the job's settings.

    Raises:
        JobError: if network and data do not fit, or a layer type or the optimizer is unknown here.
        NetworkError: if the definition is malformed.
        DataError: if the data set is missing or malformed.
    """

    def __init__(self, job: Job, data_dir: Path) -> None:
        self.network = _network(job)
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
        self.job = job.with_steps(examples=len(self.data.train))
        self.evaluation_shards = max(1, -(-len(self.data.test) // EVALUATION_SHARD_EXAMPLES))
        self.optimizer = _optimizer(self.job)

    def initial_arrays(self) -> dict[str, np.ndarray]:
        """Return the parameter vector and the optimizer state of version 0."""
        return {
            "parameters": self.network.initialize(self.job.seed),
            "optimizer": np.zeros(self.optimizer.state_size(self.network.layout.learned_size), np.float32),
        }


def _network(job: Job) -> Network:
    try:
        return Network(load_network(job.network))
    except UnknownTypeError as error:
        raise JobError(f"network: {error}; {FROM_PLUGINS}") from None


def _optimizer(job: Job) -> optimizers.Optimizer:
    if job.optimizer not in optimizers.names():
        names = ", ".join(optimizers.names())
        raise JobError(f"optimizer: expected one of {names}, got {job.optimizer!r}; {FROM_PLUGINS}")
    try:
        return optimizers.create(job.optimizer, **job.all_optimizer_settings())
    except OptimizerError as error:
        raise JobError(f"optimizer: {error}") from None


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
        layout = plan.network.layout
        self.parameters = backend.zeros((layout.size,))
        self.state = backend.zeros((plan.optimizer.state_size(layout.learned_size),))
        self.token: str | None = None
        self.state_token: str | None = None
        self._gradient = backend.zeros((layout.size,))  # with zeros for the padding, which nobody writes
        self._step = TrainingStep(plan.network, backend, self.parameters, self._gradient)
        self._multipliers = optimizers.Multipliers.of(layout, backend)

    def start(self) -> None:
        """Take the initial parameters; the optimizer state of a new session is zeros already."""
        self.token = self.state_token = None
        for entry, values in self.plan.network.initial_arrays(self.job.seed):
            self.backend.write(self.backend.view(self.parameters, entry.offset, entry.shape), values)

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take over a parameter vector and an optimizer state from the host."""
        self.token = self.state_token = None
        self.backend.write(self.parameters, arrays["parameters"])
        self.backend.write(self.state, arrays["optimizer"])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the parameter vector and the optimizer state, on the host."""
        return {"parameters": self.parameters.numpy(), "optimizer": self.state.numpy()}

    def gradient(self, step: int, shard: int) -> Gradient:
        """Return the gradient of one shard at the current parameters; valid until the next call.

        A shard larger than ``micro_batch`` is computed in pieces of nearly equal length, in order.

        Raises:
            DivergedError: if its loss is not finite; names the layer where that began.
        """
        job = self.job
        start, _ = shard_bounds(shard, job.shards, job.batch_size)
        examples = shard_examples(
            seed=job.seed, step=step, shard=shard, shards=job.shards,
            batch_size=job.batch_size, count=len(self.plan.data.train),
        )
        if job.micro_batch and len(examples) > job.micro_batch:
            vector, loss = self._in_pieces(examples, step=step, place=start)
        else:
            vector, loss = self._gradient, self._compute(examples, step=step, place=start)
        return Gradient(vector, loss, len(examples))

    def coding_key(self, step: int, shard: int) -> np.ndarray:
        """Return what the codec draws random numbers from for the gradient of a shard."""
        return codecs.coding_key(self.job.seed, step, shard)

    def update(self, step: int, mean: NDArray) -> None:
        """Turn the current version into the next one.

        Args:
            step: the number of updates made so far.
            mean: the mean (P,) of the gradients of all shards, weighted by their examples.
        """
        self.token = self.state_token = None
        layout = self.plan.network.layout
        self.plan.optimizer.update(
            self.parameters, self.state, mean,
            step=step, size=layout.learned_size, multipliers=self._multipliers,
        )  # fmt: skip
        copy_running(mean, self.parameters, layout)

    def _in_pieces(self, examples: np.ndarray, *, step: int, place: int) -> tuple[NDArray, float]:
        """Return gradient and mean loss of examples that are too many to be computed at once."""
        pieces = math.ceil(len(examples) / self.job.micro_batch)
        mean, loss = WeightedMean(), 0.0
        for piece in range(pieces):
            first, last = shard_bounds(piece, pieces, len(examples))
            weight = (last - first) / len(examples)
            loss += weight * self._compute(examples[first:last], step=step, place=place + first)
            mean.add(self._gradient, weight)
        return mean.result(), loss

    def _compute(self, examples: np.ndarray, *, step: int, place: int) -> float:
        """Write the gradient of some examples and return their mean loss.

        Args:
            examples: (N,) their indices in the training split.
            step: the number of updates made so far.
            place: of the first one in the step's batch; random numbers follow from it, so that they do not depend on
                how the batch is cut.
        """
        images, labels = self.plan.data.train.batch(examples)
        key = training_key(self.job.seed, step, place)
        loss = float(self._step.run(images, labels, key).item())
        if not math.isfinite(loss):
            data, answers, drawn = (self.backend.asarray(values) for values in (images, labels, key))
            found = self.plan.network.first_not_finite(self.parameters, data, answers, key=drawn)
            where = f"{found} was the first that is not finite" if found else "computed again, it is finite"
            raise DivergedError(f"expected a finite loss, got {loss}; {where}; lower the learning rate")
        return loss

    def score(self, shard: int) -> Score:
        """Evaluate one shard of the test split at the current parameters.

        Raises:
            DivergedError: if the loss is not finite.
        """
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
        if not math.isfinite(loss_sum):
            raise DivergedError(f"test data: expected a finite loss, got {loss_sum}; lower the learning rate")
        return Score(loss_sum, correct, stop - start)
