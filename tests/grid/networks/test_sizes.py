"""Parameters and operations of the shipped networks, beside published numbers."""

import pytest

from grid.networks import load_network
from mathcore.network import Network


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("lenet", 431_080),
        ("resnet18", 11_689_512),
        ("resnet20", 272_186),  # 272,474 for 32 x 32 x 3
        ("resnet50", 25_557_032),
        ("resnet101", 44_549_160),
        ("resnet152", 60_192_808),
    ],
)
def test_a_network_has_the_published_number_of_parameters(name: str, parameters: int) -> None:
    summary = Network(load_network(name)).summary()
    assert summary.parameters == parameters
