"""Local steps against plain arithmetic in float64, and what they leave alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grid.errors import DivergedError
from grid.job import Job
from grid.local import Trainer
from grid.records import step_record
from grid.sampling import shard_examples
from grid.session import Plan, Session
from mathcore import backends
from tests.observing_layers import KEPT, KeyProbe, network

RATE = 0.05
POLICY = {"type": "step", "gamma": 0.5, "step_size": 2}

LINEAR: list[dict[str, Any]] = [
    {"name": "data", "type": "blob_data", "inputs": ["batch"], "outputs": ["data", "label"],
     "params": {"data_shape": [28, 28, 1]}},
    {"name": "pool", "type": "pooling_2d", "inputs": ["data"], "outputs": ["small"],
     "params": {"type": "average", "ksize": 7, "stride": 7}},
    {"name": "fc", "type": "linear", "inputs": ["small"], "outputs": ["pred"], "params": {"out_size": 10}},
    {"name": "loss", "type": "softmax_cross_entropy", "inputs": ["pred", "label"], "outputs": ["loss"]},
    {"name": "accuracy", "type": "accuracy", "inputs": ["pred", "label"], "outputs": ["accuracy"], "phase": ["test"]},
]  # fmt: skip


def job(**fields: Any) -> Job:
    given = {"network": LINEAR, "codec": "float32", "batch_size": 25, "shards": 2, "local_steps": 3, "seed": 5}
    return Job(**{**given, "learning_rate": RATE, "lr_policy": POLICY, **fields})


def trainer(made: Job, backend: str = "numpy") -> Trainer:
    return Trainer.start(Session(Plan(made, Path()), backends.create(backend)))


@dataclass
class Momentum:
    """v = 0.9 v - rate g; w + v."""

    velocity: Any = 0.0

    def update(self, x: np.ndarray, gradient: np.ndarray, *, rate: float, age: int) -> Any:
        self.velocity = 0.9 * self.velocity - rate * gradient
        return x + self.velocity


@dataclass
class Adam:
    """Kingma and Ba (2015), algorithm 1."""

    first: Any = 0.0
    second: Any = 0.0

    def update(self, x: np.ndarray, gradient: np.ndarray, *, rate: float, age: int) -> Any:
        self.first = 0.9 * self.first + 0.1 * gradient
        self.second = 0.999 * self.second + 0.001 * gradient**2
        mean, square = self.first / (1 - 0.9 ** (age + 1)), self.second / (1 - 0.999 ** (age + 1))
        return x - rate * mean / (np.sqrt(square) + 1e-8)


def softmax_regression(w: np.ndarray, b: np.ndarray, images: np.ndarray, labels: np.ndarray) -> tuple[Any, Any, float]:
    """Return the gradients of w (16, 10) and b (10,) and the mean loss."""
    small = images.astype(np.float64).reshape(-1, 4, 7, 4, 7).mean(axis=(2, 4)).reshape(-1, 16)
    scores = np.exp(small @ w + b)
    scores /= scores.sum(axis=1, keepdims=True)
    chosen = np.arange(len(labels)), labels
    loss = -np.log(scores[chosen]).mean()
    scores[chosen] -= 1
    return small.T @ scores / len(labels), scores.mean(axis=0), float(loss)


def entries(state: Session) -> Iterator[slice]:
    """Yield the places of fc/w and fc/b in the parameter vector."""
    found = {entry.name: entry for entry in state.plan.network.layout.entries}
    for name in ("fc/w", "fc/b"):
        yield slice(found[name].offset, found[name].offset + found[name].size)


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize(("name", "rule"), [("momentum", Momentum), ("adam", Adam)])
def test_two_steps_are_those_of_plain_arithmetic(backend: str, name: str, rule: Callable[[], Any]) -> None:
    # Given shards of 12 and 13 examples and a learning rate that halves every two local steps
    made = job(optimizer=name)
    state = trainer(made, backend)
    split, places = state.session.plan.data.train, list(entries(state.session))
    start = state.session.parameters.numpy().astype(np.float64)
    expected = np.concatenate([start[place] for place in places])
    for step in range(2):
        # When every shard goes its own way, with a fresh optimizer, over its part of three batches
        ends, losses = [], []
        for shard in range(2):
            x, optimizer = expected.copy(), rule()
            for local in range(3):
                batch = 3 * step + local
                examples = shard_examples(seed=5, batch=batch, shard=shard, shards=2, batch_size=25, count=len(split))
                gradients = softmax_regression(x[:160].reshape(16, 10), x[160:], *split.batch(examples))
                gradient = np.concatenate([gradients[0].reshape(-1), gradients[1]])
                x = optimizer.update(x, gradient, rate=RATE * 0.5 ** (batch // 2), age=local)
                losses.append(gradients[2])
            ends.append(x)
        found = state.step(step)
        # Then the parameters are the weighted mean of where they came to
        expected = expected + 12 / 25 * (ends[0] - expected) + 13 / 25 * (ends[1] - expected)
        vector = state.session.parameters.numpy()
        # Float32 against float64; Adam divides by roots of small numbers
        np.testing.assert_allclose(np.concatenate([vector[place] for place in places]), expected, rtol=0, atol=2e-5)
        assert [examples for _, examples in found] == [36, 39]
        assert [loss for loss, _ in found] == pytest.approx([np.mean(losses[:3]), np.mean(losses[3:])], rel=1e-4)
        assert step_record(step + 1, found, ["numpy"], 0.0)["examples"] == made.step_examples == 75


def test_the_run_keeps_no_optimizer_state() -> None:
    assert trainer(job(local_steps=1)).session.state.size > 0
    assert trainer(job()).session.state.size == 0
    assert Plan(job(), Path()).initial_arrays()["optimizer"].size == 0


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_one_local_step_is_an_ordinary_step_bit_for_bit(backend: str) -> None:
    state = trainer(job(local_steps=1, shards=1), backend).session
    parameters, moments = state.backend.zeros(state.parameters.shape), state.backend.zeros(state.state.shape)
    for step in range(2):
        state.backend.copy(state.parameters, parameters)
        gradient = state.gradient(step, 0)
        state.plan.optimizer.update(parameters, moments, gradient.vector, step=step)
        state.apply(step, [(memoryview(state.encode(gradient, step=step, shard=0)), gradient.examples)])
        assert state.parameters.numpy().tobytes() == parameters.numpy().tobytes()


@pytest.mark.parametrize(("backend", "codec"), [("numpy", "float32"), ("numpy", "dynamic8"), ("opencl", "dynamic8")])
def test_payloads_and_the_log_lead_to_the_bits_of_one_process(backend: str, codec: str) -> None:
    made = job(network=network("batch_normalization"), codec=codec, micro_batch=5, shards=3)
    whole, state, follower = trainer(made, backend), trainer(made, backend).session, trainer(made, backend).session
    for step in range(2):
        # When shards are computed out of order, one of them twice, and another worker follows by the log
        bodies = {}
        for shard in (2, 0, 1, 0):
            gradient = state.gradient(step, shard)
            bodies[shard] = memoryview(state.encode(gradient, step=step, shard=shard)), gradient.examples
        sent = state.apply(step, [bodies[shard] for shard in range(3)])
        follower.replay(step, sent)
        whole.step(step)
        # Then all hold the same
        assert state.fingerprint() == follower.fingerprint() == whole.session.fingerprint()
        assert state.parameters.numpy().tobytes() == whole.session.parameters.numpy().tobytes()


def test_running_statistics_are_those_after_the_last_local_step() -> None:
    # Given a layer whose running mean goes half of the way to that of each batch, behind a layer that does not learn
    layers = network("test_centring")
    next(layer for layer in layers if layer["name"] == "fc1")["frozen"] = True
    state = trainer(job(network=layers, shards=2, local_steps=3)).session
    split = state.plan.data.train
    found = {entry.name: entry for entry in state.plan.network.layout.entries}
    start = state.parameters.numpy()
    w, b = (start[found[name].offset :][: found[name].size] for name in ("fc1/w", "fc1/b"))
    mean = 0.0
    for batch in range(3):
        examples = shard_examples(seed=5, batch=batch, shard=1, shards=2, batch_size=25, count=len(split))
        small = split.batch(examples)[0].reshape(-1, 4, 7, 4, 7).mean(axis=(2, 4)).reshape(-1, 16)
        mean = KEPT * mean + (1 - KEPT) * (small @ w.reshape(16, 8) + b).mean(axis=0)
    # When a shard makes its local steps
    sent = state.gradient(0, 1).vector.numpy()
    # Then it sends the running mean as it is in the end, and no change of what does not learn
    place = found["middle0/mean"]
    np.testing.assert_allclose(sent[place.offset : place.offset + place.size], mean, rtol=1e-5, atol=1e-6)
    assert not sent[found["fc1/w"].offset :][: found["fc1/w"].size].any()
    # And the session holds what it held
    assert state.parameters.numpy().tobytes() == start.tobytes()


def test_random_numbers_follow_from_the_batch_of_the_local_step() -> None:
    state = trainer(job(network=network("test_key_probe"), batch_size=22, micro_batch=6)).session
    state.gradient(4, 1)
    keys = [key for _, key, _ in KeyProbe.seen]
    assert keys == [[5, 0, batch, place] for batch in (12, 13, 14) for place in (11, 16)]


def test_a_shard_that_diverges_leaves_the_parameters_as_they_were() -> None:
    state = trainer(job(learning_rate=1000, weight_decay=1, lr_policy=None, local_steps=40)).session
    start = state.parameters.numpy()
    with np.errstate(all="ignore"), pytest.raises(DivergedError, match="expected a finite loss"):
        state.gradient(0, 0)
    assert state.parameters.numpy().tobytes() == start.tobytes()


def test_epochs_count_the_examples_of_all_local_steps() -> None:
    made = job(epochs=2, batch_size=100, local_steps=4).with_steps(examples=1000)
    assert made.steps == math.ceil(2000 / 400)
