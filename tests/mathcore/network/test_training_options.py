"""Frozen layers, factors of learning rate and decay: what a definition says about the training of any layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mathcore import Network, NetworkError
from mathcore.backends import create
from mathcore.layers import ParameterSpec

BACKEND = create("numpy")

Definition = list[dict[str, Any]]


def layer(kind: str, name: str, inputs: list[str], outputs: list[str], **params: object) -> dict[str, Any]:
    return {"type": kind, "name": name, "inputs": inputs, "outputs": outputs, "params": params}


def specs(network: Network) -> dict[str, ParameterSpec]:
    return {entry.name: entry.spec for entry in network.layout.entries}


def error_of(definition: Definition) -> str:
    with pytest.raises(NetworkError) as error:
        Network(definition)
    assert "\n" not in str(error.value)
    return str(error.value)


def gradients(network: Network, fill: float = 0.0) -> dict[str, np.ndarray]:
    """Return the gradient of some examples by the name of the array; ``fill`` stands where nothing is written."""
    generator = np.random.default_rng(3)
    data = BACKEND.asarray(generator.standard_normal((5, *network.data_shape)).astype(np.float32))
    labels = BACKEND.asarray(generator.integers(0, 4, 5).astype(np.int32))
    gradient = BACKEND.asarray(np.full(network.layout.size, fill, np.float32))
    network.gradient(BACKEND.asarray(network.initialize(1)), data, labels, gradient)
    values = gradient.numpy()
    return {
        entry.name: values[entry.offset : entry.offset + entry.size].reshape(entry.shape)
        for entry in network.layout.entries
    }


@pytest.fixture
def normalized(small: Definition) -> Definition:
    """Return the small network with batch normalization behind the convolution."""
    small.insert(2, layer("batch_normalization", "bn", ["conv"], ["bn"]))
    small[3]["inputs"] = ["bn"]
    return small


# Factors


def test_one_factor_is_for_all_arrays_of_a_layer(small: Definition) -> None:
    small[4]["params"] |= {"lr_mult": 2, "decay_mult": 0.5}
    found = specs(Network(small))
    assert [(found[f"fc1/{name}"].lr_mult, found[f"fc1/{name}"].decay_mult) for name in "wb"] == [(2.0, 0.5)] * 2
    assert (found["fc2/w"].lr_mult, found["fc2/w"].decay_mult) == (1.0, 1.0)


def test_factors_by_name_leave_the_other_arrays_alone(small: Definition) -> None:
    small[1]["params"]["lr_mult"] = {"b": 2}
    small[1]["params"]["decay_mult"] = {"b": 0}
    found = specs(Network(small))
    assert (found["conv/b"].lr_mult, found["conv/b"].decay_mult) == (2.0, 0.0)
    assert (found["conv/w"].lr_mult, found["conv/w"].decay_mult) == (1.0, 1.0)


def test_factors_do_not_change_the_gradient(small: Definition) -> None:
    before = gradients(Network(small))
    small[4]["params"] |= {"lr_mult": 2, "decay_mult": 0.5}
    after = gradients(Network(small))
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("value", [None, "1", True, -1, float("nan"), 1e7, [1], {"w": "1"}, {"w": -1}])
def test_a_factor_that_is_none_is_refused(small: Definition, value: object) -> None:
    small[4]["params"]["lr_mult"] = value
    assert error_of(small).startswith('linear "fc1": expected lr_mult to be a number of 0 to 1e+06, or an object')


def test_a_factor_of_an_unknown_array_is_refused_with_the_known_ones(small: Definition) -> None:
    small[4]["params"]["decay_mult"] = {"bias": 0}
    assert error_of(small) == "linear \"fc1\": decay_mult names the unknown array 'bias'; arrays: w, b"


def test_a_factor_beside_the_params_is_sent_among_them(small: Definition) -> None:
    small[4]["lr_mult"] = 2
    assert error_of(small) == 'layer "fc1": expected lr_mult among the params, got it beside them; move it'


# Frozen layers


def test_a_frozen_layer_keeps_its_arrays_and_lets_the_gradient_through(small: Definition) -> None:
    free = gradients(Network(small))
    small[4]["frozen"] = True
    network = Network(small)
    frozen = gradients(network, fill=7.0)
    assert (frozen["fc1/w"] == 7.0).all()
    assert (frozen["fc1/b"] == 7.0).all()
    assert all(np.array_equal(free[name], frozen[name]) for name in ("conv/w", "conv/b", "fc2/w", "fc2/b"))
    assert specs(network)["fc1/w"].lr_mult == specs(network)["fc1/w"].decay_mult == 0.0


def test_the_gradient_ends_where_all_layers_before_are_frozen(small: Definition) -> None:
    for entry in small[:5]:
        entry["frozen"] = entry["name"] in ("conv", "fc1")
    network = Network(small)
    needed = [node.layer.name for node in network._training if node.layer.needs_input_gradient]
    assert needed == ["loss"]
    frozen = gradients(network, fill=7.0)
    assert (frozen["conv/w"] == 7.0).all()
    assert not (frozen["fc2/w"] == 7.0).any()


def test_a_network_of_frozen_layers_alone_has_a_loss_and_no_gradient(small: Definition) -> None:
    for entry in small:
        entry["frozen"] = True
    assert all((values == 7.0).all() for values in gradients(Network(small), fill=7.0).values())


def test_what_a_layer_writes_that_knows_nothing_of_frozen_is_dropped(normalized: Definition) -> None:
    normalized[2]["frozen"] = True
    found = gradients(Network(normalized), fill=7.0)
    assert (found["bn/gamma"] == 7.0).all()
    assert np.isfinite(found["conv/w"]).all()
    assert found["conv/w"].any()


def test_running_statistics_of_a_frozen_layer_are_used_and_stay(normalized: Definition) -> None:
    moved = gradients(Network(normalized))
    normalized[2]["frozen"] = True
    network = Network(normalized)
    kept = gradients(network, fill=7.0)
    assert moved["bn/mean"].any()
    assert not kept["bn/mean"].any()
    assert (kept["bn/variance"] == 1.0).all()
    # Without dropout or the like, training then sees the same loss as testing.
    parameters, vector = BACKEND.asarray(network.initialize(1)), BACKEND.zeros((network.layout.size,))
    data, labels = BACKEND.asarray(np.ones((3, 7, 6, 2), np.float32)), BACKEND.asarray(np.array([0, 1, 2], np.int32))
    loss = network.gradient(parameters, data, labels, vector).item()
    assert loss == network.evaluate(parameters, data, labels).loss


@pytest.mark.parametrize("value", [None, 0, 1, "true", [True]])
def test_frozen_is_true_or_false(small: Definition, value: object) -> None:
    small[4]["frozen"] = value
    assert error_of(small).startswith('linear "fc1": expected frozen to be true or false, got ')
