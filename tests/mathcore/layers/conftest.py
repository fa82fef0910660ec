"""The gradient check that all layer tests share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from mathcore.array import NDArray
from mathcore.backends import create
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.layers import Layer

BACKEND = create("numpy")
STEP = 1e-6
DIRECTIONS = 5

# Central differences of a smooth function err by STEP**2 / 6 times its third derivative (about 1e-12 here) and by
# float64 rounding over STEP (about 1e-10): 1e-6 leaves room and still catches every wrong factor.
TOLERANCE = 1e-6

CheckGradient = Callable[[Layer, Sequence[np.ndarray]], None]


@pytest.fixture(scope="session")
def device(_opencl: OpenCLBackend) -> OpenCLBackend:
    """Return the OpenCL backend on the default device."""
    return _opencl


@pytest.fixture(scope="session")
def reference() -> NumpyBackend:
    """Return the NumPy backend, which it is compared with."""
    return NumpyBackend()


@pytest.fixture
def check_gradient() -> CheckGradient:
    """Return a function that checks ``backward`` of a layer at some inputs against central differences in float64.

    The scalar that is differentiated is the product of the outputs with a random ``dy``; inputs of floating point and
    all parameters move together along random directions.
    """
    return _check_gradient


def _check_gradient(layer: Layer, inputs: Sequence[np.ndarray]) -> None:
    generator = np.random.default_rng(0)
    layer.infer_shapes([x.shape[1:] for x in inputs])
    specs = layer.parameter_specs()
    parameters = {name: generator.standard_normal(spec.shape) for name, spec in specs.items()}
    outputs, backward = _forward(layer, parameters, inputs)
    dy = [generator.standard_normal(y.shape) for y in outputs]
    gradients = {name: BACKEND.asarray(np.full(spec.shape, np.nan)) for name, spec in specs.items()}
    dx = backward(tuple(BACKEND.asarray(part) for part in dy), gradients)

    def scalar(scale: float, along_parameters: dict[str, np.ndarray], along_inputs: list[np.ndarray | None]) -> float:
        moved = {name: w + scale * along_parameters[name] for name, w in parameters.items()}
        places = [x if v is None else x + scale * v for x, v in zip(inputs, along_inputs, strict=True)]
        return sum(
            float(np.vdot(y.numpy(), part)) for y, part in zip(_forward(layer, moved, places)[0], dy, strict=True)
        )

    for _ in range(DIRECTIONS):
        along_parameters = {name: generator.standard_normal(w.shape) for name, w in parameters.items()}
        along_inputs = [generator.standard_normal(x.shape) if x.dtype.kind == "f" else None for x in inputs]
        expected = (scalar(STEP, along_parameters, along_inputs) - scalar(-STEP, along_parameters, along_inputs)) / (
            2 * STEP
        )
        got = sum(float(np.vdot(gradients[name].numpy(), v)) for name, v in along_parameters.items())
        for gradient, v in zip(dx, along_inputs, strict=True):
            if v is not None and gradient is not None:
                got += float(np.vdot(gradient.numpy(), v))
        assert got == pytest.approx(expected, rel=TOLERANCE, abs=1e-8)


def _forward(
    layer: Layer, parameters: dict[str, np.ndarray], inputs: Sequence[np.ndarray]
) -> tuple[tuple[NDArray, ...], Callable[..., tuple[NDArray | None, ...]]]:
    arrays = {name: BACKEND.asarray(w) for name, w in parameters.items()}
    return layer.forward(arrays, *(BACKEND.asarray(x) for x in inputs))
