"""What one step computes: pieces of a shard, running statistics, and the keys that random numbers follow from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grid.job import Job
from grid.local import Trainer
from grid.sampling import shard_examples
from grid.session import Plan, Session
from mathcore import backends
from tests.observing_layers import KEPT, KeyProbe, network


def session(job: Job) -> Session:
    return Trainer.start(Session(Plan(job, Path()), backends.create("numpy"))).session


def gradients(job: Job) -> tuple[np.ndarray, float]:
    """Return the gradient of shard 0 of step 0 and its loss."""
    result = session(job).gradient(0, 0)
    return result.vector.numpy(), result.loss


@pytest.mark.parametrize("micro_batch", [1, 7, 16])
def test_a_shard_in_pieces_has_the_gradient_of_the_whole(micro_batch: int) -> None:
    job = Job(network=network(), batch_size=40, shards=2)
    whole, loss = gradients(job)
    pieces, loss_of_pieces = gradients(job.model_copy(update={"micro_batch": micro_batch}))
    # Sums of 20 terms in another order
    np.testing.assert_allclose(pieces, whole, rtol=0, atol=1e-6 * np.abs(whole).max())
    assert loss_of_pieces == pytest.approx(loss, rel=1e-6)


def test_a_piece_as_large_as_the_shard_changes_no_bit() -> None:
    job = Job(network=network(), batch_size=40, shards=2)
    whole, _ = gradients(job)
    assert gradients(job.model_copy(update={"micro_batch": 20}))[0].tobytes() == whole.tobytes()


def test_the_key_holds_seed_step_and_the_place_in_the_batch() -> None:
    job = Job(network=network("test_key_probe"), batch_size=22, shards=2, micro_batch=4, seed=2**32 + 5)
    trainer = Trainer.start(Session(Plan(job, Path()), backends.create("numpy")))
    trainer.step(3)
    # Two shards of 11, each in pieces of nearly equal length
    lengths = [3, 4, 4, 3, 4, 4]
    places = [0, 3, 7, 11, 14, 18]
    assert KeyProbe.seen == [
        ("train", [5, 1, 3, place], length) for place, length in zip(places, lengths, strict=True)
    ]


def test_an_evaluation_uses_running_statistics_whatever_its_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer.start(
        Session(Plan(Job(network=network("batch_normalization"), batch_size=32), Path()), backends.create("numpy"))
    )
    trainer.step(0)
    scores = []
    for examples in (2, 250):  # statistics of two examples would be far from those of 250
        monkeypatch.setattr("grid.session.EVALUATION_BATCH_EXAMPLES", examples)
        scores.append(trainer.session.score(0))
    assert scores[0].correct == scores[1].correct
    assert scores[0].loss_sum == pytest.approx(scores[1].loss_sum, rel=1e-5)


def test_an_evaluation_draws_nothing() -> None:
    trained = session(Job(network=network("test_key_probe"), batch_size=8))
    trained.score(0)
    assert {(phase, key) for phase, key, _ in KeyProbe.seen} == {("test", None)}


@pytest.mark.parametrize("micro_batch", [0, 3])
def test_a_step_replaces_running_statistics_by_their_mean_over_the_shards(micro_batch: int) -> None:
    # Given a layer whose running mean, at first 0, moves half of the way to the mean of what it gets
    job = Job(network=network("test_centring"), batch_size=30, shards=4, micro_batch=micro_batch)
    trainer = Trainer.start(Session(Plan(job, Path()), backends.create("numpy")))
    state = trainer.session
    entries = {entry.name: entry for entry in state.plan.network.layout.entries}
    start = state.parameters.numpy()
    # When one step is made
    trainer.step(0)
    # Then the mean weighted by examples is that of the whole batch, whatever the shards and pieces
    places = np.concatenate([examples_of(job, shard) for shard in range(job.shards)])
    images, _ = state.plan.data.train.batch(places)
    small = images.reshape(30, 4, 7, 4, 7).mean(axis=(2, 4)).reshape(30, 16)
    w, b = (start[entries[name].offset :][: entries[name].size] for name in ("fc1/w", "fc1/b"))
    hidden = small @ w.reshape(16, 8) + b
    mean = entries["middle0/mean"]
    found = state.parameters.numpy()[mean.offset : mean.offset + mean.size]
    np.testing.assert_allclose(found, (1 - KEPT) * hidden.mean(axis=0), rtol=1e-5, atol=1e-6)
    assert state.state.size == state.plan.network.layout.learned_size


def examples_of(job: Job, shard: int) -> np.ndarray:
    return shard_examples(
        seed=job.seed, batch=0, shard=shard, shards=job.shards, batch_size=job.batch_size, count=60_000
    )
