"""A job on one backend: network, data, codec, optimizer, and the parameters of one version.

The same code computes a shard and applies a step in a Celery worker and in ``grid train --local``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grid import datasets
from grid.errors import DivergedError, JobError, PayloadError, ShardRefusedError
from grid.gradient_parts import WeightedMean, copy_running, decode, encode, through_codec
from grid.job import Job
from grid.local_steps import LocalSteps, move
from grid.networks import load_network
from grid.sampling import shard_bounds, shard_examples
from grid.shard_gradients import ShardGradients
from mathcore import codecs, optimizers
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import CodecError, OptimizerError, UnknownTypeError
from mathcore.network import Network

EVALUATION_SHARD_EXAMPLES = 2000
EVALUATION_BATCH_EXAMPLES = 250
FROM_PLUGINS = "one of your own comes from a module that GRID_PLUGINS names, here and on every worker"


@dataclass(frozen=True)
class Gradient:
    """What one shard sends (P,): its mean gradient, or how far its local steps led; its mean loss; its examples."""

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
            "optimizer": np.zeros(self.state_size, np.float32),
        }

    @property
    def state_size(self) -> int:
        """Length of the optimizer state that a run keeps; with local steps none: each shard begins with zeros."""
        return self.optimizer.state_size(self.network.layout.learned_size) if self.job.local_steps == 1 else 0


def fingerprint(vector: np.ndarray) -> int:
    """Return the sum of the bit patterns of a float32 vector (P,), modulo 2**32."""
    return int(vector.view(np.uint32).sum(dtype=np.uint32))


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
        token: names the version that ``parameters`` and ``state`` hold; ``None`` when unknown.
        step: the number of updates that led to it.
    """

    def __init__(self, plan: Plan, backend: Backend) -> None:
        self.plan = plan
        self.job = plan.job
        self.backend = backend
        self.codec = codecs.create(plan.job.codec)
        layout = plan.network.layout
        self.parameters = backend.zeros((layout.size,))
        self.state = backend.zeros((plan.state_size,))
        self.token: str | None = None
        self.step = 0
        self._shard_gradients = ShardGradients(plan.job, plan.network, plan.data.train, self.parameters)
        self._multipliers = optimizers.Multipliers.of(layout, backend)
        self._local_steps: LocalSteps | None = None
        if plan.job.local_steps > 1:
            self._local_steps = LocalSteps(plan.optimizer, self.parameters, layout, self._multipliers)

    def start(self) -> None:
        """Take the initial parameters; the optimizer state of a new session is zeros already."""
        self.token = None
        for entry, values in self.plan.network.initial_arrays(self.job.seed):
            self.backend.write(self.backend.view(self.parameters, entry.offset, entry.shape), values)

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take over a parameter vector and an optimizer state from the host."""
        self.token = None
        self.backend.write(self.parameters, arrays["parameters"])
        self.backend.write(self.state, arrays["optimizer"])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the parameter vector and the optimizer state, on the host."""
        return {"parameters": self.parameters.numpy(), "optimizer": self.state.numpy()}

    def gradient(self, step: int, shard: int) -> Gradient:
        """Return what one shard sends, from the current parameters; valid until the next call.

        That is its gradient, or with local steps how far they led from the parameters, which stay as they are.

        Raises:
            DivergedError: if its loss is not finite; names the layer where that began.
        """
        job = self.job
        if self._local_steps is None:
            vector, loss = self._shard_gradients.compute(step, shard)
        else:
            vector, loss = self._local_steps.run(
                step * job.local_steps, job.local_steps, lambda batch: self._shard_gradients.compute(batch, shard)
            )
        return Gradient(vector, loss, self.examples_count(shard))

    def examples(self, step: int, shard: int) -> np.ndarray:
        """Return the indices (N,) in the training split of all examples that a shard takes."""
        job = self.job
        batches = [
            shard_examples(
                seed=job.seed, batch=batch, shard=shard, shards=job.shards,
                batch_size=job.batch_size, count=len(self.plan.data.train),
            )
            for batch in range(step * job.local_steps, (step + 1) * job.local_steps)
        ]  # fmt: skip
        return np.concatenate(batches)

    def examples_count(self, shard: int) -> int:
        """Return how many examples a shard takes."""
        start, stop = shard_bounds(shard, self.job.shards, self.job.batch_size)
        return (stop - start) * self.job.local_steps

    def encode(self, gradient: Gradient, *, step: int, shard: int) -> bytes:
        """Return the body of the payload of a shard's gradient.

        Raises:
            DivergedError: if it holds NaN or infinity; names the array.
        """
        return encode(self.codec, gradient.vector, self.plan.network.layout, self.coding_key(step, shard))

    def apply(
        self, step: int, shards: Iterable[tuple[memoryview, int]], check: Callable[[NDArray], None] | None = None
    ) -> bytes:
        """Make the update from the payloads of all shards and return the encoded mean gradient that it was made from.

        Args:
            step: the number of updates made so far.
            shards: body and number of examples of each shard, in shard order; each is decoded when its turn comes.
            check: called with the mean gradient (P,); if it raises, nothing has changed.
        Raises:
            ShardRefusedError: if a body holds what no encoder writes.
            DivergedError: if the mean holds NaN or infinity.
        """
        layout, mean = self.plan.network.layout, WeightedMean()
        for shard, (body, examples) in enumerate(shards):
            mean.add(self.decode(body, shard), examples / self.job.step_examples)
        if check is not None:
            check(mean.result())
        sent = encode(self.codec, mean.result(), layout, self.coding_key(step, self.job.shards))
        self.replay(step, sent)
        return sent

    def decode(self, body: memoryview, shard: int) -> NDArray:
        """Return the gradient (P,) in the untrusted body of a shard's payload.

        Raises:
            ShardRefusedError: if it holds what no encoder writes.
        """
        try:
            return decode(self.codec, body, self.plan.network.layout, self.backend)
        except (PayloadError, CodecError) as error:
            raise ShardRefusedError(shard, str(error)) from error

    def replay(self, step: int, sent: bytes | memoryview) -> None:
        """Make the update of a step from what ``apply`` returned, here or elsewhere: the same bits.

        Raises:
            PayloadError, CodecError: if it holds what no encoder writes; nothing has changed then.
        """
        self.update(step, decode(self.codec, memoryview(sent), self.plan.network.layout, self.backend))

    def through_codec(self, vector: NDArray, *, step: int, shard: int) -> NDArray:
        """Return what the other end of the wire would decode; ``shard`` is ``job.shards`` for the mean of all."""
        return through_codec(self.codec, vector, self.plan.network.layout, self.coding_key(step, shard))

    def coding_key(self, step: int, shard: int) -> np.ndarray:
        """Return what the codec draws random numbers from; ``shard`` is ``job.shards`` for the mean of all."""
        return codecs.coding_key(self.job.seed, step, shard)

    def fingerprint(self) -> int:
        """Return a number below 2**32 that nearly every change of a bit of parameters or state changes."""
        return (fingerprint(self.parameters.numpy()) + fingerprint(self.state.numpy())) % 2**32

    def update(self, step: int, mean: NDArray) -> None:
        """Turn the current version into the next one.

        Args:
            step: the number of updates made so far.
            mean: the mean (P,) of what all shards sent, weighted by their examples.
        """
        self.token = None
        layout = self.plan.network.layout
        if self._local_steps is not None:
            move(self.parameters, mean, layout)
            return
        self.plan.optimizer.update(
            self.parameters, self.state, mean,
            step=step, size=layout.learned_size, multipliers=self._multipliers,
        )  # fmt: skip
        copy_running(mean, self.parameters, layout)

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
