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


@pytest.mark.parametrize(("name", "gigaflops"), [("resnet50", 24.30), ("resnet152", 68.85)])
def test_a_training_step_takes_the_operations_of_version_1_5(name: str, gigaflops: float) -> None:
    # Forward 4.09 and 11.51 G multiply-adds, as torchvision documents; three times that without conv1's data gradient.
    assert Network(load_network(name)).summary().training_flops == pytest.approx(gigaflops * 1e9, abs=0.005e9)
