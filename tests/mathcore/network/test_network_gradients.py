"""Gradients of whole networks against central differences in float64, and what their bits depend on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from mathcore import NDArray, Network
from mathcore.backends import create
from mathcore.layers import Layer, register_layer
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Shape

BACKEND = create("numpy")

Definition = list[dict[str, Any]]


@register_layer("test_split")
class Split(Layer):
    """Writes x and 2 x; as user code would register a layer."""

    output_count = 2

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return inputs[0], inputs[0]

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        (x,) = inputs

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            first, second = output_gradients
            return (first + second * 2.0,)

        return (x * 1.0, x * 2.0), backward


@register_layer("test_plus")
class Plus(Layer):
    """Adds two blobs."""

    input_count = 2

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return (inputs[0],)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return dy, dy

        return (inputs[0] + inputs[1],), backward


@register_layer("test_sink")
class Sink(Layer):
    """Reads a blob and leads nowhere."""

    role = "sink"

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return ((),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        return (inputs[0].sum(),), lambda output_gradients, gradients: (None,)


def layer(kind: str, name: str, inputs: list[str], outputs: list[str], **params: object) -> dict[str, Any]:
    return {"type": kind, "name": name, "inputs": inputs, "outputs": outputs, "params": params}


def examples(network: Network, count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    data = generator.standard_normal((count, *network.data_shape))
    return data, generator.integers(0, classes, count).astype(np.int32)


def loss_and_gradient(
    network: Network, parameters: np.ndarray, data: np.ndarray, labels: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return loss and gradient in the type of ``parameters``; elements that nothing writes stay NaN."""
    gradient = BACKEND.asarray(np.full_like(parameters, np.nan))
    loss = network.gradient(BACKEND.asarray(parameters), BACKEND.asarray(data), BACKEND.asarray(labels), gradient)
    assert loss.numpy().shape == ()
    return loss.item(), gradient.numpy()


def check_gradient(network: Network, *, count: int, classes: int) -> None:
    """Compare the gradient with central differences in float64 along random directions."""
    generator = np.random.default_rng(0)
    data, labels = examples(network, count, classes)
    parameters = np.zeros(network.layout.size)
    used = np.concatenate([np.arange(entry.offset, entry.offset + entry.size) for entry in network.layout.entries])
    parameters[used] = generator.standard_normal(used.size) / 3
    gradient = loss_and_gradient(network, parameters, data, labels)[1]
    for _ in range(5):
        direction = np.zeros_like(parameters)
        direction[used] = generator.standard_normal(used.size)
        losses = [loss_and_gradient(network, parameters + step * direction, data, labels)[0] for step in (1e-6, -1e-6)]
        expected = (losses[0] - losses[1]) / 2e-6
        # See the tolerance of the layers' gradient check.
        assert gradient[used] @ direction[used] == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_gradients_of_a_network_agree_with_central_differences(small: Definition) -> None:
    check_gradient(Network(small), count=3, classes=4)


def test_gradients_through_max_pooling_agree_with_central_differences(figure2: Definition) -> None:
    check_gradient(Network(figure2), count=2, classes=10)


def test_the_gradients_of_a_blob_that_several_layers_read_are_summed(small: Definition) -> None:
    small[4:4] = [
        layer("linear", "a", ["pool"], ["a"], out_size=5),
        layer("linear", "b", ["pool"], ["b"], out_size=5),
        layer("relu", "b2", ["b"], ["b2"]),
        layer("test_plus", "sum", ["a", "b2"], ["sum"]),
        layer("test_plus", "twice", ["sum", "sum"], ["twice"]),
    ]
    small[9]["inputs"] = ["twice"]
    check_gradient(Network(small), count=3, classes=4)


def test_an_output_without_influence_on_the_loss_has_gradient_zero(small: Definition) -> None:
    small[4:4] = [layer("test_split", "split", ["pool"], ["first", "second"])]
    small[5]["inputs"] = ["second"]
    small.append(layer("test_sink", "sink", ["first"], ["sunk"]))
    check_gradient(Network(small), count=3, classes=4)


def test_the_gradient_overwrites_and_padding_stays_as_it_was(small: Definition) -> None:
    network = Network(small)
    data, labels = examples(network, 3, 4)
    parameters = network.initialize(1).astype(np.float64)
    gradient = loss_and_gradient(network, parameters, data, labels)[1]
    padding = np.ones(network.layout.size, bool)
    for entry in network.layout.entries:
        padding[entry.offset : entry.offset + entry.size] = False
    assert np.array_equal(np.isnan(gradient), padding)


def test_the_mean_gradient_of_shards_is_the_gradient_of_the_batch(small: Definition) -> None:
    network = Network(small)
    data, labels = examples(network, 9, 4)
    parameters = network.initialize(1).astype(np.float64)
    whole_loss, whole = loss_and_gradient(network, parameters, data, labels)
    parts = [loss_and_gradient(network, parameters, data[i::3], labels[i::3]) for i in range(3)]
    assert np.mean([loss for loss, _ in parts]) == pytest.approx(whole_loss, rel=1e-12)
    np.testing.assert_allclose(np.mean([part for _, part in parts], axis=0), whole, rtol=1e-10, atol=1e-14)


def test_only_layers_before_all_parameters_and_the_first_with_them_skip_the_data_gradient(lenet: Definition) -> None:
    lenet[2]["inputs"] = ["clean"]
    lenet.append(layer("relu", "clean", ["data"], ["clean"]))
    network = Network(lenet)
    needed = {node.layer.name: node.layer.needs_input_gradient for node in network._training}
    assert [name for name, needs in needed.items() if not needs] == ["d_train", "clean", "conv1"]


def test_the_gradient_has_the_same_bits_when_computed_again(lenet: Definition) -> None:
    network = Network(lenet)
    data, labels = examples(network, 32, 10)
    results = [loss_and_gradient(network, network.initialize(1), data.astype(np.float32), labels) for _ in range(3)]
    used = ~np.isnan(results[0][1])
    assert len({(loss, gradient[used].tobytes()) for loss, gradient in results}) == 1
