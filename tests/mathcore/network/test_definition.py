"""The form of a definition: whatever JSON comes, one line says what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore import MathcoreError, Network, NetworkError
from mathcore.network import parse

Definition = list[dict[str, Any]]


def error_of(definition: object) -> str:
    with pytest.raises(NetworkError) as error:
        parse(definition)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 1000
    return message


def message_of(definition: object) -> str:
    """Return the message of what is wrong with the network, or nothing."""
    try:
        Network(definition)
    except MathcoreError as error:
        return str(error)
    return ""


def test_the_papers_figure_2_is_read_as_printed(figure2: Definition) -> None:
    parsed = parse(figure2)
    assert [layer.name for layer in parsed.in_phase("train")] == [
        "d_train", "conv1", "pool1", "relu3", "fc3", "loss",
    ]  # fmt: skip
    assert [layer.name for layer in parsed.in_phase("test")][-1] == "acc"
    assert parsed.layers[2].params["ksize"] == 5


def test_a_layer_without_phase_is_in_both(figure2: Definition) -> None:
    assert parse(figure2).layers[2].phases == ("train", "test")


def test_params_may_be_left_out(figure2: Definition) -> None:
    del figure2[4]["params"]
    assert parse(figure2).layers[4].params == {}


@pytest.mark.parametrize("definition", [None, {}, "[]", 3, True, {"layers": []}])
def test_a_definition_that_is_no_list_is_refused(definition: object) -> None:
    assert error_of(definition).startswith("network: expected a list of layers, got ")


def test_an_object_around_the_list_is_refused_with_what_to_give() -> None:
    assert error_of({"layers": []}) == "network: expected a list of layers, got dict; give the list alone"


def test_an_empty_or_endless_list_is_refused() -> None:
    assert error_of([]) == "network: expected 1 to 10000 layers, got 0"
    assert error_of([{}] * 10_001) == "network: expected 1 to 10000 layers, got 10001"


@pytest.mark.parametrize("entry", [None, [], "relu", 1])
def test_a_layer_that_is_no_object_is_counted_from_one(figure2: Definition, entry: object) -> None:
    assert error_of([figure2[0], entry]).startswith(
        "layer 2: expected an object with name, type, inputs, outputs, got "
    )


@pytest.mark.parametrize("name", [None, "", 3, ["a"], "x" * 129, "a\nb", "\x1b[31m"])
def test_a_name_that_is_none_is_refused(figure2: Definition, name: object) -> None:
    figure2[2]["name"] = name
    assert error_of(figure2).startswith("layer 3: expected a name of 1 to 128 characters, got ")


def test_a_name_used_twice_is_refused(figure2: Definition) -> None:
    figure2[3]["name"] = "conv1"
    assert error_of(figure2) == (
        'layer "conv1": expected a name of its own, got one that another layer has; rename one of them'
    )


def test_a_wrong_layer_type_is_refused_with_the_nearest(figure2: Definition) -> None:
    figure2[3]["type"] = "poling_2d"
    assert error_of(figure2).startswith('layer "pool1": unknown type \'poling_2d\'; did you mean "pooling_2d"? types: ')


@pytest.mark.parametrize("value", [None, 3, ["relu"], {"relu": 1}])
def test_a_type_that_is_no_string_is_refused(figure2: Definition, value: object) -> None:
    figure2[4]["type"] = value
    assert error_of(figure2).startswith('layer "relu3": expected type to be a string, got ')


def test_an_unknown_key_is_refused_with_the_nearest(figure2: Definition) -> None:
    figure2[4]["input"] = figure2[4].pop("inputs")
    assert error_of(figure2) == (
        'layer "relu3": unknown key \'input\'; did you mean "inputs"? keys: name, type, inputs, outputs, params, '
        "phase, frozen, loss_weight"
    )


@pytest.mark.parametrize("key", ["type", "inputs", "outputs"])
def test_a_missing_key_is_named(figure2: Definition, key: str) -> None:
    del figure2[4][key]
    assert error_of(figure2) == f'layer "relu3": expected name, type, inputs, outputs, got no {key}; add it'


@pytest.mark.parametrize("value", [None, "pool1", [3], [""], [["pool1"]], {"pool1": 1}, ["x"] * 65])
def test_blobs_that_are_no_list_of_names_are_refused(figure2: Definition, value: object) -> None:
    figure2[4]["inputs"] = value
    assert error_of(figure2).startswith('layer "relu3": expected inputs to be a list of up to 64 blob names, got ')


@pytest.mark.parametrize("value", [None, [], "x", 3, {3: 4}])
def test_params_that_are_no_object_are_refused(figure2: Definition, value: object) -> None:
    figure2[4]["params"] = value
    assert error_of(figure2).startswith('layer "relu3": expected params to be an object, got ')


@pytest.mark.parametrize("value", [None, [], "train", ["training"], [1], [["train"]], {"train": 1}])
def test_a_phase_that_is_none_is_refused(figure2: Definition, value: object) -> None:
    figure2[4]["phase"] = value
    assert error_of(figure2).startswith('layer "relu3": expected phase to be a list of "train" and "test", got ')


def test_a_wrong_number_of_blobs_is_named(figure2: Definition) -> None:
    figure2[6]["inputs"] = ["pred"]
    assert error_of(figure2) == ("softmax_cross_entropy \"loss\": expected 2 inputs, got 1 ['pred']; list 2 blob names")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4),
    max_leaves=30,
)


@given(JSON_VALUES)
@settings(deadline=None)
def test_any_json_gives_a_network_or_one_line(definition: object) -> None:
    with pytest.raises(MathcoreError) as error:
        Network(definition)
    assert "\n" not in str(error.value)


@given(
    place=st.integers(0, 7),
    path=st.sampled_from(["name", "type", "inputs", "outputs", "params", "phase", "ksize", "out_size", "pad", "new"]),
    value=JSON_VALUES,
)
@settings(deadline=None, max_examples=300)
def test_any_change_of_one_value_gives_a_network_or_one_line(place: int, path: str, value: object) -> None:
    definition = json.loads(FIGURE_2)
    target = definition[place] if path in definition[place] or path == "new" else definition[place]["params"]
    target[path] = value
    message = message_of(definition)
    assert "\n" not in message
    assert len(message) < 1000


FIGURE_2 = json.dumps(
    [
        {"type": "blob_data", "name": "d", "inputs": ["batch"], "outputs": ["data", "label"],
         "params": {"data_shape": [28, 28, 1]}, "phase": ["train", "test"]},
        {"type": "convolution_2d", "name": "conv1", "inputs": ["data"], "outputs": ["conv1"],
         "params": {"out_size": 20, "stride": 1, "pad": 0, "in_size": 1, "ksize": 5}},
        {"type": "pooling_2d", "name": "pool1", "inputs": ["conv1"], "outputs": ["pool1"],
         "params": {"stride": 2, "pad": 0, "type": "max", "ksize": 2}},
        {"type": "relu", "name": "relu3", "inputs": ["pool1"], "outputs": ["relu1"], "params": {}},
        {"type": "linear", "name": "fc3", "inputs": ["relu1"], "outputs": ["fc3"], "params": {"out_size": 10}},
        {"type": "linear", "name": "fc4", "inputs": ["fc3"], "outputs": ["pred"], "params": {"out_size": 10}},
        {"type": "softmax_cross_entropy", "name": "loss", "inputs": ["pred", "label"], "outputs": ["loss"],
         "params": {}},
        {"type": "accuracy", "name": "acc", "inputs": ["pred", "label"], "outputs": ["accuracy"], "params": {},
         "phase": ["test"]},
    ]
)  # fmt: skip
