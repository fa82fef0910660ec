"""Batch normalization: gradients in both phases, running statistics, accuracy far from zero, and what does not fit."""

from typing import Any

import numpy as np
import pytest

from mathcore import NDArray, NetworkError, ShapeError
from mathcore.backends import create
from mathcore.backends.base import Backend
from mathcore.layers import BatchNormalization, Context

BACKEND = create("numpy")
TRAINING = Context("train")
STEP = 1e-5


def made(channels: int, **params: Any) -> BatchNormalization:
    layer = BatchNormalization("bn", params)
    layer.infer_shapes([(channels,)])
    return layer


def arrays(backend: Backend, channels: int, dtype: str = "float32") -> dict[str, NDArray]:
    generator = np.random.default_rng(3)
    values = {
        "gamma": generator.standard_normal(channels),
        "beta": generator.standard_normal(channels),
        "mean": generator.standard_normal(channels),
        "variance": generator.uniform(0.5, 2, channels),
    }
    return {name: backend.asarray(value.astype(dtype)) for name, value in values.items()}


def empty(backend: Backend, channels: int, dtype: str = "float32") -> dict[str, NDArray]:
    names = ("gamma", "beta", "mean", "variance")
    return {name: backend.asarray(np.full(channels, np.nan, dtype)) for name in names}


@pytest.mark.parametrize("phase", ["train", "test"])
@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("shape", [(5, 3), (2, 1), (1, 3, 4, 2), (2, 3, 3, 5)], ids=str)
def test_gradients_agree_with_central_differences(
    shape: tuple[int, ...], count: int, activation: str, phase: str
) -> None:
    generator, channels = np.random.default_rng(1), shape[-1]
    layer, start = made(channels, eps=0.1), arrays(BACKEND, channels, "float64")
    parameters = {name: x.numpy() for name, x in start.items()}
    inputs = [generator.standard_normal(shape) for _ in range(count)]
    dy = generator.standard_normal(shape)

    def run(parameters: dict[str, np.ndarray], inputs: list[np.ndarray]) -> tuple[Any, Any]:
        given = {name: BACKEND.asarray(x) for name, x in parameters.items()}
        x = [BACKEND.asarray(x) for x in inputs]
        return layer.run(given, *x, context=Context(phase), activation=activation)

    gradients = empty(BACKEND, channels, "float64")
    (y,), backward = run(parameters, inputs)
    dx = backward((BACKEND.asarray(dy),), gradients)
    assert len(dx) == count
    for _ in range(3):
        along = [generator.standard_normal(shape) for _ in inputs]
        slopes = {name: generator.standard_normal(channels) for name in ("gamma", "beta")}
        ends = []
        for step in (STEP, -STEP):
            moved = parameters | {name: parameters[name] + step * v for name, v in slopes.items()}
            (y,), _ = run(moved, [x + step * v for x, v in zip(inputs, along, strict=True)])
            ends.append(float(np.vdot(y.numpy(), dy)))
        got = sum(float(np.vdot(gradients[name].numpy(), v)) for name, v in slopes.items())
        got += sum(float(np.vdot(part.numpy(), v)) for part, v in zip(dx, along, strict=True))
        # Central differences err by STEP**2 times the third derivative, 1e-9 here, and 1e-10 of rounding.
        assert got == pytest.approx((ends[0] - ends[1]) / (2 * STEP), rel=1e-6, abs=1e-7)


def test_outputs_have_mean_beta_and_deviation_gamma(backend: Backend) -> None:
    x = np.random.default_rng(0).normal(3, 5, (4, 6, 5, 7)).astype(np.float32)
    layer, parameters = made(7), arrays(backend, 7)
    (y,), _ = layer.forward(parameters, backend.asarray(x), context=TRAINING)
    np.testing.assert_allclose(y.numpy().mean((0, 1, 2)), parameters["beta"].numpy(), atol=1e-6)
    np.testing.assert_allclose(y.numpy().std((0, 1, 2)), abs(parameters["gamma"].numpy()), rtol=1e-5)


def test_running_statistics_follow_those_of_the_shards(backend: Backend) -> None:
    layer, generator = made(3, decay=0.75), np.random.default_rng(0)
    state = {"mean": np.zeros(3), "variance": np.ones(3)}
    parameters = arrays(backend, 3) | {name: backend.asarray(x.astype("float32")) for name, x in state.items()}
    for _ in range(5):
        x = generator.normal([0, 2, -5], [1, 3, 0.1], (4, 2, 3, 3)).astype(np.float32)
        gradients = empty(backend, 3)
        (y,), backward = layer.forward(parameters, backend.asarray(x), context=TRAINING)
        backward((y,), gradients)
        rows = x.reshape(-1, 3).astype(np.float64)
        state = {
            "mean": 0.75 * state["mean"] + 0.25 * rows.mean(0),
            "variance": 0.75 * state["variance"] + 0.25 * rows.var(0, ddof=1),
        }
        for name, expected in state.items():
            np.testing.assert_allclose(gradients[name].numpy(), expected, rtol=2e-6, atol=1e-6)
            parameters[name] = gradients[name]


def test_phase_test_uses_the_running_statistics_of_single_images_too(backend: Backend) -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 3, 4)).astype(np.float32)
    layer, parameters = made(4), arrays(backend, 4)
    (y,), backward = layer.forward(parameters, backend.asarray(x))
    p = {name: value.numpy().astype(np.float64) for name, value in parameters.items()}
    expected = (x - p["mean"]) / np.sqrt(p["variance"] + 1e-5) * p["gamma"] + p["beta"]
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-5, atol=1e-6)
    gradients = empty(backend, 4)
    backward((y,), gradients)
    assert gradients["mean"].numpy().tolist() == parameters["mean"].numpy().tolist()


def test_a_large_mean_does_not_spoil_the_variance(backend: Backend) -> None:
    x = (1000 + np.random.default_rng(0).normal(0, 0.01, (4, 30, 30, 5))).astype(np.float32)
    mean, variance, inverse = backend.batch_statistics(backend.asarray(x), eps=0.0)
    exact = x.reshape(-1, 5).astype(np.float64)
    # x is a multiple of 6e-5, its mean is rounded to such a multiple; the variance is that of the rounded x.
    np.testing.assert_allclose(mean.numpy(), exact.mean(0), atol=3.1e-5)
    np.testing.assert_allclose(variance.numpy(), exact.var(0), rtol=1e-5)
    np.testing.assert_allclose(inverse.numpy(), 1 / exact.std(0), rtol=1e-5)


def test_shapes_parameters_and_fillers() -> None:
    layer = BatchNormalization("bn", {"in_size": 4, "target_dim": 3, "eps": 0.001})
    assert layer.infer_shapes([(5, 6, 4)]) == ((5, 6, 4),)
    specs = layer.parameter_specs()
    assert {name: spec.shape for name, spec in specs.items()} == dict.fromkeys(specs, (4,))
    assert [(name, spec.filler.value, spec.running, spec.decay_mult) for name, spec in specs.items()] == [
        ("gamma", 1.0, False, 0.0), ("beta", 0.0, False, 0.0), ("mean", 0.0, True, 1.0), ("variance", 1.0, True, 1.0),
    ]  # fmt: skip


def test_one_value_a_channel_cannot_be_normalized_in_phase_train() -> None:
    with pytest.raises(ShapeError) as error:
        made(3).forward(arrays(BACKEND, 3), BACKEND.zeros((1, 3)), context=TRAINING)
    assert str(error.value) == (
        'batch_normalization "bn": expected at least 2 values a channel in phase train, got x of shape (1, 3); '
        "use shards of more examples"
    )


@pytest.mark.parametrize(
    ("params", "shape", "message"),
    [
        ({"in_size": 3}, (5, 5, 4), r"expected x of shape \(N, ..., 3\), got \(N, 5, 5, 4\); set in_size to 4"),
        ({"target_dim": 1}, (5, 5, 4), "expected target_dim to be the last axis of x, .*, got 1; set it to 3"),
        ({}, (), "expected x of shape .*; give it a blob of vectors or images"),
    ],
)
def test_shapes_that_do_not_fit_are_named(params: dict[str, int], shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=f'batch_normalization "bn": {message}'):
        BatchNormalization("bn", params).infer_shapes([shape])


@pytest.mark.parametrize("params", [{"eps": 0}, {"eps": "1"}, {"decay": 1.5}, {"decay": True}, {"decay": float("nan")}])
def test_params_out_of_range_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(NetworkError, match="to be a number of .*; correct the params"):
        BatchNormalization("bn", params)
