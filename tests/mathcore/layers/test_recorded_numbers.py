"""Outputs and gradients of the layers against numbers recorded from PyTorch, on both backends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mathcore.backends.base import Backend
from mathcore.layers import Context, create_layer
from tests.mathcore.layers.recorded.cases import CASES, Case

NUMBERS = Path(__file__).parent / "recorded" / "numbers.npz"

# Sums of up to a hundred products, in float32, of numbers around 1: errors go with the largest of the results.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def numbers() -> dict[str, np.ndarray]:
    with np.load(NUMBERS) as file:
        return dict(file)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_outputs_and_gradients_equal_those_of_pytorch(
    backend: Backend, numbers: dict[str, np.ndarray], case: Case
) -> None:
    recorded = {
        name.removeprefix(f"{case.name}/"): x for name, x in numbers.items() if name.startswith(f"{case.name}/")
    }
    layer = create_layer(case.type, case.name, case.params)
    inputs = [recorded[name] for name in ("x", "t") if name in recorded]
    layer.infer_shapes([x.shape[1:] for x in inputs])
    assert {name: spec.shape for name, spec in layer.parameter_specs().items()} == dict(case.parameters)
    parameters = {name: backend.asarray(recorded[f"parameters/{name}"]) for name in case.parameters}
    gradients = {name: backend.asarray(np.full(shape, np.nan, np.float32)) for name, shape in case.parameters.items()}
    (y,), backward = layer.forward(parameters, *map(backend.asarray, inputs), context=Context(case.phase))
    given = backward((backend.asarray(recorded["dy"].reshape(y.shape)),), gradients)
    results = {"y": y, **{f"gradients/{name}": gradient for name, gradient in gradients.items()}}
    results |= {f"d{name}": gradient for name, gradient in zip("xt", given, strict=False) if gradient is not None}
    assert set(results) == {name for name in recorded if name.startswith(("y", "dx", "dt", "gradients/"))}
    for name, actual in results.items():
        expected = recorded[name]
        assert actual.dtype == np.float32
        largest = max(1e-3, float(np.abs(expected).max()))
        np.testing.assert_allclose(
            actual.numpy(), expected.reshape(actual.shape), rtol=0, atol=TOLERANCE * largest, err_msg=name
        )


def test_every_recorded_number_belongs_to_a_case(numbers: dict[str, np.ndarray]) -> None:
    assert {name.split("/")[0] for name in numbers} == {case.name for case in CASES}
