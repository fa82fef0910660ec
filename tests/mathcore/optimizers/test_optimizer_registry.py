"""Optimizers, transformations and their settings by name."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from mathcore import OptimizerError, exp, maximum, optimizers, sign, sqrt
from mathcore.array import NDArray
from mathcore.backends import create
from mathcore.backends.base import Backend
from mathcore.optimizers import Transformation, register_optimizer, register_transformation

CPU = create("numpy")


def step(optimizer: optimizers.Optimizer, backend: Backend, w: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Return the parameters after the first step from ``w``."""
    parameters = backend.asarray(w)
    optimizer.update(parameters, backend.zeros((optimizer.state_size(w.size),)), backend.asarray(g), step=0)
    return parameters.numpy()


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("adam9", {}, "optimizer: expected one of .*momentum.*, got 'adam9'; did you mean \"adam\"\\? "),
        (7, {}, "optimizer: expected one of .*, got 7"),
        ("momentum", {"lr": 0.1}, "momentum: unknown setting 'lr'; settings: learning_rate, policy, momentum, "),
        ("adam", {"beta_1": 0.1}, 'adam: unknown setting \'beta_1\'; did you mean "beta1"?'),
        ("adam", {"learning_rate": "0.1"}, "adam: expected learning_rate to be a number of 0 to 1000, got '0.1'"),
        ("adam", {"beta1": 1}, "adam: expected beta1 to be a number of 0 to 1, got 1"),
        ("sgd", {"clip_norm": 0}, "sgd: expected clip_norm to be a number of 1e-30 to 1e\\+30, got 0"),
        ("sgd", {"clip_value": True}, "sgd: expected clip_value to be a number of .*, got True"),
        ("sgd", {"weight_decay": 2}, "sgd: expected weight_decay to be a number of 0 to 1, got 2; correct the setting"),
        ("sgd", {"l1_decay": "x" * 100}, "sgd: expected l1_decay to be a number of 0 to 1, got 'x{60}'\\.\\.\\."),
        ("chain", {}, "chain: expected settings transformations; missing a required .*'transformations'"),
        ("chain", {"transformations": {}}, 'chain: expected transformations to be a list of objects with a "type"'),
        ("chain", {"transformations": [{"type": "x"}]}, "chain: transformation: expected one of adadelta, .*, got 'x'"),
        ("chain", {"transformations": [{"type": "descend"}, {"type": "clip_norm", "clip_norm": 1}]},
         "chain: expected what needs the norm of the gradient to come first; move it to the front"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_named(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OptimizerError, match=message):
        optimizers.create(name, **{"learning_rate": 0.1, **settings})


def test_a_missing_learning_rate_is_named() -> None:
    with pytest.raises(OptimizerError, match="adam: expected setting learning_rate, got none; add it"):
        optimizers.create("adam")


def test_settings_may_come_from_json() -> None:
    text = '{"learning_rate": 1, "clip_norm": null, "policy": null, "transformations": [{"type": "descend"}]}'
    got = step(optimizers.create("chain", **json.loads(text)), CPU, np.ones(2, np.float32), np.ones(2, np.float32))
    assert got.tolist() == [0, 0]


def test_a_chain_of_named_transformations_is_the_optimizer_made_of_them() -> None:
    generator = np.random.default_rng(0)
    w, g = generator.standard_normal((2, 300)).astype(np.float32)
    chain = optimizers.create(
        "chain", learning_rate=0.1,
        transformations=[{"type": "weight_decay", "weight_decay": 0.01}, {"type": "nesterov", "momentum": 0.8}],
    )  # fmt: skip
    whole = optimizers.create("nesterov", learning_rate=0.1, momentum=0.8, weight_decay=0.01)
    assert step(chain, CPU, w, g).tobytes() == step(whole, CPU, w, g).tobytes()


def test_user_code_registers_an_optimizer_without_editing_ours(backend: Backend) -> None:
    @register_transformation(f"test_lion_{backend.name}")
    class Lion(Transformation):
        state = ("mean",)

        def __init__(self, *, beta1: float = 0.9, beta2: float = 0.99) -> None:
            self.beta1, self.beta2 = beta1, beta2

        def update(self, u: NDArray, w: NDArray, state: Any, numbers: Any) -> Any:
            direction = sign(self.beta1 * state.mean + (1 - self.beta1) * u)
            state.mean = self.beta2 * state.mean + (1 - self.beta2) * u
            return -numbers.rate * direction

    @register_optimizer(f"test_lion_{backend.name}")
    def lion(*, beta1: float = 0.9) -> tuple[Transformation, ...]:
        return (Lion(beta1=beta1),)

    optimizer = optimizers.create(f"test_lion_{backend.name}", learning_rate=0.5, beta1=0.8)
    assert f"test_lion_{backend.name}" in optimizers.names()
    assert optimizer.slots == ("mean",)
    w, g = np.zeros(3, np.float32), np.array([2, 0, -1e-20], np.float32)
    assert step(optimizer, backend, w, g).tolist() == [-0.5, 0, 0.5]


def test_a_name_cannot_be_registered_twice() -> None:
    with pytest.raises(OptimizerError, match='expected a new optimizer name, got "momentum", which is momentum'):
        register_optimizer("momentum")(lambda: ())
    with pytest.raises(OptimizerError, match='expected a new transformation name, got "momentum", which is Momentum'):
        register_transformation("momentum")(Transformation)


def refused(rule: Any) -> str:
    """Return the message with which a rule is refused."""
    kind = type("Rule", (Transformation,), {"update": rule, "state": ("mean",)})
    with pytest.raises(OptimizerError) as caught:
        optimizers.Optimizer("mine", [kind()], optimizers.LearningRate(0.1))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rules_that_cannot_be_a_program_are_refused_with_the_reason() -> None:
    assert "got exp; rewrite it with them, or compute a number in numbers()" in refused(lambda s, u, w, m, n: exp(u))
    assert "got a use of an array's shape or values" in refused(lambda s, u, w, m, n: u * u.shape[0])
    assert "got ndarray beside vectors" in refused(lambda s, u, w, m, n: u + np.ones(3))
    assert "mine, Rule: expected state mean, got 'means'; name it" in refused(lambda s, u, w, m, n: m.means + u)
    assert "mine, Rule: expected a vector of numbers made from the arguments, got NoneType" in refused(
        lambda s, u, w, m, n: None
    )
    assert "got Symbol; return or assign one" in refused(lambda s, u, w, m, n: u > 0)


def test_a_number_that_is_not_given_is_named() -> None:
    kind = type("Rule", (Transformation,), {"update": lambda s, u, w, m, n: n.scale * maximum(u, sqrt(w))})
    optimizer = optimizers.Optimizer("mine", [kind()], optimizers.LearningRate(0.1))
    with pytest.raises(OptimizerError, match=r"mine, Rule: expected numbers\(\) to give scale, got none; add it"):
        step(optimizer, CPU, np.ones(2, np.float32), np.ones(2, np.float32))


def test_vectors_that_do_not_fit_are_refused() -> None:
    optimizer = optimizers.create("adam", learning_rate=0.1)
    w, g, state = CPU.zeros((300,)), CPU.zeros((300,)), CPU.zeros((600,))
    with pytest.raises(OptimizerError, match=r"P at least 300, and state of shape \(1024,\), got \(300,\), .*\(600,\)"):
        optimizer.update(w, state, g, step=0)
    with pytest.raises(OptimizerError, match="parameters and gradient of one shape"):
        optimizer.update(w, CPU.zeros((1024,)), CPU.zeros((301,)), step=0)
