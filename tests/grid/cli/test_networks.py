"""``grid networks``."""

from __future__ import annotations

import json

import pytest

from grid.cli.main import run
from grid.networks import generate


def test_the_shipped_networks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["networks"]) == 0
    assert {"lenet", "resnet20", "vgg16"} <= set(capsys.readouterr().out.split())


def test_a_definition_is_printed_for_other_images_and_classes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["networks", "vgg11", "--data-shape", "32", "32", "3", "--classes", "7"]) == 0
    assert json.loads(capsys.readouterr().out) == generate("vgg11", data_shape=(32, 32, 3), classes=7)


def test_an_unknown_network_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["networks", "vgg17"]) == 2
    assert capsys.readouterr().err.startswith("error: network: expected one of lenet, ")
