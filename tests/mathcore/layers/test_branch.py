"""One blob under several names, and how many names a definition must list."""

from collections.abc import Callable

import numpy as np
import pytest

from mathcore import NetworkError
from mathcore.backends.base import Backend
from mathcore.layers import Branch, Layer
from mathcore.network import parse


@pytest.mark.parametrize("count", [1, 2, 3])
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], count: int
) -> None:
    check_gradient(Branch("branch", {"n_output": count}), [np.random.default_rng(1).standard_normal((2, 3, 2))])


def test_outputs_are_the_input_without_a_copy(backend: Backend) -> None:
    layer, x = Branch("branch", {"n_output": 2}), backend.zeros((2, 3))
    assert layer.infer_shapes([(3,)]) == ((3,), (3,))
    assert layer.forward({}, x)[0] == (x, x)


def entry(kind: str, inputs: list[str], outputs: list[str], **params: object) -> list[dict[str, object]]:
    return [{"type": kind, "name": "x", "inputs": inputs, "outputs": outputs, "params": params}]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_definition_lists_as_many_outputs_as_n_output_says(count: int) -> None:
    names = [f"b{i}" for i in range(count)]
    assert parse(entry("branch", ["a"], names, n_output=count)).layers[0].outputs == tuple(names)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (
            entry("branch", ["a"], ["b", "c"], n_output=3),
            "branch \"x\": expected 3 outputs as n_output says, got 2 ['b', 'c']; list 3 blob names",
        ),
        (
            entry("plus", ["a"], ["b"], n_input=2),
            "plus \"x\": expected 2 inputs as n_input says, got 1 ['a']; list 2 blob names",
        ),
        (entry("plus", [], ["b"]), 'plus "x": expected at least 1 inputs, got 0 []; list at least 1 blob name'),
        (entry("relu", [], ["b"]), 'relu "x": expected 1 inputs, got 0 []; list 1 blob name'),
    ],
)
def test_other_numbers_of_blobs_are_named(definition: object, message: str) -> None:
    with pytest.raises(NetworkError) as error:
        parse(definition)
    assert str(error.value) == message
