"""Optimizers by name."""

import pytest

from mathcore import NDArray, OptimizerError, optimizers
from mathcore.optimizers import register_optimizer


def test_an_unknown_optimizer_is_refused_with_the_names() -> None:
    with pytest.raises(OptimizerError, match="optimizer: expected one of .*momentum.*, got 'adam9'"):
        optimizers.create("adam9", learning_rate=0.1)


def test_unknown_and_missing_settings_are_named() -> None:
    with pytest.raises(OptimizerError, match="expected settings learning_rate, momentum, weight_decay; .*'lr'"):
        optimizers.create("momentum", learning_rate=0.1, lr=0.1)
    with pytest.raises(OptimizerError, match="missing a required .*'learning_rate'"):
        optimizers.create("momentum", momentum=0.9)


def test_user_code_registers_an_optimizer_without_editing_ours() -> None:
    @register_optimizer("test_sgd")
    class PlainDescent:
        """w = w - learning_rate * gradient, without state."""

        name = "test_sgd"

        def __init__(self, *, learning_rate: float) -> None:
            self.learning_rate = learning_rate

        def state_size(self, layout_size: int) -> int:
            return 0

        def update(self, parameters: NDArray, state: NDArray, gradient: NDArray) -> None:
            parameters.backend.accumulate(parameters, gradient, -self.learning_rate)

    assert "test_sgd" in optimizers.names()
    assert optimizers.create("test_sgd", learning_rate=0.1).state_size(512) == 0


def test_a_name_cannot_be_registered_twice() -> None:
    with pytest.raises(OptimizerError, match='expected a new optimizer name, got "momentum", which is Momentum'):
        register_optimizer("momentum")(type(optimizers.create("momentum", learning_rate=0.1)))
