"""The shipped networks and the functions that write them."""

import json

import pytest

from grid.errors import JobError
from grid.networks import GENERATORS, as_text, generate, load_network, shipped_networks


def test_every_network_that_can_be_generated_is_shipped() -> None:
    assert sorted(GENERATORS) == list(shipped_networks())


@pytest.mark.parametrize("name", GENERATORS)
def test_a_shipped_file_is_what_its_generator_writes(name: str) -> None:
    # After a change of a generator: grid networks NAME > grid/networks/NAME.json
    assert load_network(name) == generate(name)


def test_a_network_is_written_for_other_images_and_classes() -> None:
    definition = generate("resnet20", data_shape=(32, 32, 3), classes=100)
    assert [layer["params"]["data_shape"] for layer in definition[:2]] == [[32, 32, 3]] * 2
    assert next(layer for layer in definition if layer["name"] == "fc")["params"]["out_size"] == 100


def test_the_text_has_a_layer_a_line() -> None:
    definition = generate("lenet")
    text = as_text(definition)
    assert json.loads(text) == definition
    assert len(text.splitlines()) == len(definition)


def test_an_unknown_network_is_refused_with_the_known_ones() -> None:
    with pytest.raises(JobError, match="network: expected one of lenet, .*, got 'resnet19'"):
        generate("resnet19")
