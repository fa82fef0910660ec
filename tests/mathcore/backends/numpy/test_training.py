"""The arithmetic that must give the same bits everywhere: one rounding an operation, in a stated order."""

import numpy as np
import pytest

from mathcore.backends.numpy import training

SIZES = [0, 1, 7, 256, training.PART, training.PART + 1, 3 * training.PART - 5]


def vectors(size: int, count: int) -> list[np.ndarray]:
    generator = np.random.default_rng(size)
    return [generator.standard_normal(size).astype(np.float32) for _ in range(count)]


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
