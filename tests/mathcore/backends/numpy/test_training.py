"""The arithmetic that must give the same bits everywhere: one rounding an operation, in a stated order."""

import numpy as np
import pytest

from mathcore.backends.numpy import training

SIZES = [0, 1, 7, 256, training.PART, training.PART + 1, 3 * training.PART - 5]


def vectors(size: int, count: int) -> list[np.ndarray]:
    generator = np.random.default_rng(size)
    return [generator.standard_normal(size).astype(np.float32) for _ in range(count)]


@pytest.mark.parametrize("size", SIZES)
def test_momentum_update_rounds_after_each_of_six_operations(size: int) -> None:
    w, v, g = vectors(size, 3)
    rate, inertia, decay = np.float32(0.05), np.float32(0.9), np.float32(0.0005)
    # Each product and sum below is one float32 operation; float64 would hold more digits.
    new_v = inertia * v - rate * (g + decay * w)
    new_w = w + new_v
    training.momentum_update(w, v, g, learning_rate=0.05, momentum=0.9, weight_decay=0.0005)
    assert v.tobytes() == new_v.tobytes()
    assert w.tobytes() == new_w.tobytes()


def test_momentum_update_leaves_the_gradient_alone_and_zeros_zero() -> None:
    w, v, g = (np.zeros(512, np.float32) for _ in range(3))
    g[:100] = 1
    training.momentum_update(w, v, g, learning_rate=0.1, momentum=0.9, weight_decay=0.1)
    assert np.all(g[:100] == 1)
    assert np.all(w[:100] == np.float32(-0.1))
    assert not np.any(w[100:])
    assert not np.any(v[100:])


@pytest.mark.parametrize("size", SIZES)
def test_accumulate_rounds_the_product_and_then_the_sum(size: int) -> None:
    total, x = vectors(size, 2)
    expected = total + np.float32(1 / 3) * x
    training.accumulate(total, x, 1 / 3)
    assert total.tobytes() == expected.tobytes()


def test_accumulate_is_not_fused() -> None:
    # (1 + 2^-12)^2 is 1 + 2^-11 + 2^-24, and the product alone rounds to 1 + 2^-11.
    total, x = np.array([-1 - 2**-11], np.float32), np.array([1 + 2**-12], np.float32)
    training.accumulate(total, x, 1 + 2**-12)
    assert total[0] == 0
