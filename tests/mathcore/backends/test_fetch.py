"""Values that are fetched are those of the moment, on every backend, recorded or not."""

from __future__ import annotations

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.backends.fetched import Fetched


def test_a_fetch_gives_the_values_of_its_moment_whatever_comes_later(backend: Backend) -> None:
    x = backend.asarray(np.array([1.0, 2.0], np.float32))
    fetched = backend.fetch(x)
    backend.write(x, np.array([3.0, 4.0], np.float32))
    np.testing.assert_array_equal(fetched.numpy(), [1, 2])


def test_a_scalar_and_an_empty_array_can_be_fetched(backend: Backend) -> None:
    assert backend.fetch(backend.asarray(np.float32(2.5))).item() == 2.5
    assert backend.fetch(backend.zeros((0, 3))).numpy().shape == (0, 3)


def test_each_replay_fetches_anew(backend: Backend) -> None:
    x = backend.asarray(np.array([1.0], np.float32))

    def double() -> tuple[Fetched, NDArray]:
        doubled = x + x
        fetched = backend.fetch(doubled)
        backend.accumulate(doubled, x, 10.0)
        return fetched, doubled

    recording = backend.record(double)
    for value in (1.0, 5.0):
        backend.write(x, np.array([value], np.float32))
        fetched, doubled = recording.replay()
        assert fetched.item() == 2 * value
        assert doubled.item() == 12 * value
