"""A replay does what the function did, on the values that the same arrays hold now; the same on every backend."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from mathcore.array import NDArray
from mathcore.backends.base import Backend

SIZES = [1, 7, 5000]


@pytest.mark.parametrize("size", SIZES)
def test_a_replay_reads_new_values_and_gives_the_bits_of_a_call(backend: Backend, size: int) -> None:
    x = backend.zeros((size,))

    def function() -> NDArray:
        return (x * backend.asarray(np.arange(size, dtype=np.float32)) + backend.asarray(0.5)) / (x * x + 1)

    recording = backend.record(function)
    for seed in range(3):
        backend.write(x, np.random.default_rng(seed).standard_normal(size).astype(np.float32))
        np.testing.assert_array_equal(recording.replay().numpy(), function().numpy())


def test_a_recording_runs_the_function_once_and_holds_its_result(backend: Backend) -> None:
    total = backend.zeros((300,))
    recording = backend.record(lambda: backend.accumulate(total, backend.asarray(np.ones(300, np.float32)), 2.0))
    np.testing.assert_array_equal(total.numpy(), 2)
    recording.replay()
    np.testing.assert_array_equal(total.numpy(), 4)
    assert recording.result is None


def test_arrays_that_outlive_the_function_stay_usable(backend: Backend) -> None:
    kept: dict[str, NDArray] = {}

    def function() -> NDArray:
        flat = backend.asarray(np.arange(1024, dtype=np.float32))
        kept["double"] = flat * 2
        kept["part"] = backend.view(kept["double"], 512, (2, 4))
        return backend.relu(kept["part"])

    recording = backend.record(function)
    for result in (recording.result, recording.replay()):
        np.testing.assert_array_equal(result.numpy(), 2 * np.arange(512, 520, dtype=np.float32).reshape(2, 4))
    np.testing.assert_array_equal((kept["part"] + 1).numpy(), kept["part"].numpy() + 1)
    np.testing.assert_array_equal(backend.view(kept["double"], 256, (3,)).numpy(), [512, 514, 516])


def test_views_of_temporaries_are_recorded(backend: Backend) -> None:
    x = backend.asarray(np.arange(1024, dtype=np.float32))

    def function() -> NDArray:
        one, other = x * 2, x * 3
        parts = [backend.view(whole, offset, (256,)) for whole in (one, other) for offset in (0, 512)]
        return parts[0] + parts[1] + parts[2] + parts[3]

    recording = backend.record(function)
    backend.write(x, np.arange(1024, dtype=np.float32)[::-1].copy())
    np.testing.assert_array_equal(recording.replay().numpy(), function().numpy())


def test_a_function_that_reads_an_array_is_called_again(backend: Backend) -> None:
    x, calls = backend.asarray(np.array([3.0, -1.0], np.float32)), []

    def function() -> NDArray:
        doubled = x * 2
        calls.append(float(doubled.numpy()[0]))
        return doubled * calls[-1]

    recording = backend.record(function)
    assert recording.reason is not None
    np.testing.assert_array_equal(recording.result.numpy(), [36, -12])
    backend.write(x, np.array([1.0, 1.0], np.float32))
    np.testing.assert_array_equal(recording.replay().numpy(), [4, 4])
    assert calls == [6, 2]


def test_an_error_leaves_the_backend_as_it_was_and_the_work_before_it_done(backend: Backend) -> None:
    x = backend.zeros((300,))

    def function() -> None:
        backend.accumulate(x, backend.asarray(np.ones(300, np.float32)), 1.0)
        raise KeyError("here")

    with pytest.raises(KeyError, match="here"):
        backend.record(function)
    np.testing.assert_array_equal(x.numpy(), 1)
    np.testing.assert_array_equal((x + 1).numpy(), 2)


def test_copies_slices_and_whole_products_are_recorded(backend: Backend) -> None:
    x = backend.asarray(np.random.default_rng(0).standard_normal((40, 30)).astype(np.float32))
    y = backend.zeros((40, 30))

    def function() -> NDArray:
        backend.copy(x, y)
        part = y[3:20:2, ::-1]
        return backend.matmul(part, x.T[:, 5:])

    recording = backend.record(function)
    backend.write(x, np.random.default_rng(1).standard_normal((40, 30)).astype(np.float32))
    np.testing.assert_array_equal(recording.replay().numpy(), function().numpy())


def test_a_recording_inside_another_is_a_part_of_it(backend: Backend) -> None:
    x = backend.asarray(np.array([1.0, 2.0], np.float32))
    recording = backend.record(lambda: backend.record(lambda: x * 2).replay() + 1)
    backend.write(x, np.array([5.0, 7.0], np.float32))
    np.testing.assert_array_equal(recording.replay().numpy(), [11, 15])


def test_the_memory_of_a_recording_is_freed_with_it(backend: Backend) -> None:
    x = backend.asarray(np.ones(5000, np.float32))
    gc.collect()
    before = backend.memory_info()
    recording = backend.record(lambda: (x + 1) * (x + 2))
    assert backend.memory_info().live_buffers > before.live_buffers
    del recording
    gc.collect()
    assert backend.memory_info()[:2] == before[:2]
