"""The largest networks load, start and take a step with one image, on the default device."""

import numpy as np
import pytest

from grid.networks import load_network
from mathcore.backends import create
from mathcore.network import Network


@pytest.mark.parametrize("name", ["vgg16", "resnet152"])
def test_a_large_network_takes_its_first_step_with_one_image(name: str) -> None:
    # Given
    network, backend = Network(load_network(name)), create("opencl")
    parameters = backend.asarray(network.initialize(0))
    gradient = backend.zeros((network.layout.size,))
    image = np.random.default_rng(0).standard_normal((1, *network.data_shape)).astype(np.float32)
    # When
    loss = network.gradient(parameters, backend.asarray(image), backend.asarray(np.array([3], np.int32)), gradient)
    # Then
    assert 0 < loss.item() < 100
    values = gradient.numpy()
    assert np.isfinite(values).all()
    first = network.layout.entries[0]
    assert values[first.offset : first.offset + first.size].any()
