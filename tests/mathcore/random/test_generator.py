"""Generators: their numbers, their independence, and going on from a state."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mathcore
from mathcore import MathcoreError, NDArray, ShapeError
from mathcore.backends.base import Backend
from mathcore.random import Generator, philox


def draws_of(generator: Generator) -> list[NDArray]:
    x = mathcore.asarray(np.arange(12, dtype=np.float32).reshape(6, 2), device=generator.uniform().device)
    return [
        generator.uniform((3, 5)), generator.uniform(7, -2.5, 1e6), generator.normal((4,)),
        generator.normal((3, 3), 5, 0.1), generator.integers(100, shape=(9,)), generator.integers(-3, 4, (2, 2)),
        generator.permutation(10), generator.permutation(x), generator.split(2)[1].uniform((3,)),
    ]  # fmt: skip


def test_numbers_are_the_same_on_every_device() -> None:
    on_numpy, on_opencl = (draws_of(Generator(7, stream=2, device=device)) for device in ("numpy", "opencl"))
    for x, y in zip(on_numpy, on_opencl, strict=True):
        assert x.dtype == y.dtype
        assert x.shape == y.shape
        assert x.numpy().tobytes() == y.numpy().tobytes()


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**64 - 1), low=st.floats(-1e6, 1e6), span=st.floats(0, 1e6))
def test_scaled_numbers_are_the_same_on_every_device_and_stay_in_their_range(
    seed: int, low: float, span: float
) -> None:
    high = low + span
    on_numpy, on_opencl = (
        Generator(seed, device=device).uniform((5,), low, high).numpy() for device in ("numpy", "opencl")
    )
    assert on_numpy.tobytes() == on_opencl.tobytes()
    assert np.all(on_numpy >= np.float32(low))
    assert np.all((on_numpy < np.float32(high)) | (np.float32(low) == np.float32(high)))


def test_the_first_draws_are_those_of_philox(backend: Backend) -> None:
    generator = Generator(5, stream=3, device=backend)
    assert np.array_equal(generator.uniform((4,)).numpy(), philox.uniform(5, (3, 0, 0), 4))
    assert np.array_equal(generator.normal((4,)).numpy(), philox.normal(5, (3, 1, 0), 4))
    assert np.array_equal(generator.integers(9, shape=4).numpy(), philox.integers(5, (3, 2, 0), 4, high=9))
    assert np.array_equal(generator.permutation(4).numpy(), philox.permutation(5, (3, 3, 0), 4))


def test_a_number_just_below_one_is_never_rounded_up_to_the_end(backend: Backend) -> None:
    # The largest of these numbers, times 2 and plus 2**24, lies half-way to the end, which is even.
    x = Generator(0, device=backend).uniform((100_000,), 2.0**24, 2.0**24 + 2)
    assert set(x.numpy()) == {2.0**24}


def test_a_number_alone_has_no_axes(backend: Backend) -> None:
    generator = Generator(1, device=backend)
    assert generator.uniform().shape == generator.normal().shape == generator.integers(5).shape == ()


def test_calls_seeds_and_streams_give_different_numbers(backend: Backend) -> None:
    generators = [Generator(seed, stream=stream, device=backend) for seed in (0, 1) for stream in (0, 1)]
    generators += generators[0].split(2) + generators[0].split(2)
    seen = [g.uniform((4,)).numpy().tobytes() for g in generators for _ in range(3)]
    assert len(set(seen)) == len(seen)


def test_a_generator_goes_on_from_its_state(backend: Backend) -> None:
    # Given a generator that was used
    generator = Generator(2**64 - 1, stream=9, device=backend)
    draws_of(generator)
    # When its state went through JSON
    again = Generator.from_state(json.loads(json.dumps(generator.state)), device=backend)
    # Then both go on alike
    assert again.state == generator.state
    for x, y in zip(draws_of(generator), draws_of(again), strict=True):
        assert np.array_equal(x.numpy(), y.numpy())


def test_numbers_do_not_depend_on_the_shapes_drawn_before(backend: Backend) -> None:
    first, second = Generator(1, device=backend), Generator(1, device=backend)
    first.normal((1000,))
    second.uniform((3,))
    assert np.array_equal(first.uniform((5,)).numpy(), second.uniform((5,)).numpy())


def test_a_normal_distribution_has_the_mean_and_deviation_asked_for(backend: Backend) -> None:
    x = Generator(1, device=backend).normal((200, 500), 3, 0.5).numpy().astype(np.float64)
    assert abs(x.mean() - 3) < 4 * 0.5 / np.sqrt(x.size)
    assert abs(x.std() - 0.5) < 4 * 0.5 / np.sqrt(2 * x.size)


@pytest.mark.parametrize("shape", [(0,), (1,), (5,), (4, 0), (5, 3), (3, 2, 2)])
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "bool"])
def test_a_permuted_array_holds_the_same_rows(shape: tuple[int, ...], dtype: str, backend: Backend) -> None:
    values = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    order = Generator(1, device=backend).permutation(shape[0]).numpy()
    x = Generator(1, device=backend).permutation(backend.asarray(values))
    assert x.dtype == values.dtype
    assert np.array_equal(x.numpy(), values[order])
    assert np.array_equal(np.sort(order), np.arange(shape[0]))


def test_the_default_device_is_used(backend: Backend) -> None:
    with mathcore.device(backend):
        assert Generator(1).uniform((2,)).backend is backend


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda g: g.uniform((), 1, 0), "uniform: expected low <= high, both of float32, got low 1 and high 0"),
        (lambda g: g.uniform((), 0, float("nan")), "uniform: expected low <= high"),
        (lambda g: g.uniform((), -3e38, 3e38), "uniform: expected low <= high"),
        (lambda g: g.uniform((), 0, 1e300), "uniform: expected low <= high"),
        (lambda g: g.normal((), 0, -1), "normal: expected mean and std >= 0 of float32, got mean 0 and std -1"),
        (lambda g: g.normal((), 1e39, 1), "normal: expected mean"),
        (lambda g: g.integers(0), "random: expected -2**31 <= low < high <= 2**31, got low 0 and high 0"),
        (lambda g: g.integers(3, 2), "got low 3 and high 2"),
        (lambda g: g.permutation(-1), "permutation: expected a number of 0 to 2**31 - 1, got -1"),
    ],
)
def test_bad_ranges_are_refused(draw: object, message: str, backend: Backend) -> None:
    with pytest.raises(MathcoreError) as error:
        draw(Generator(0, device=backend))  # type: ignore[operator]
    assert message in str(error.value)


def test_bad_shapes_are_refused(backend: Backend) -> None:
    generator = Generator(0, device=backend)
    with pytest.raises(ShapeError, match="normal: expected lengths of 0 or more, got \\(2, -1\\)"):
        generator.normal((2, -1))
    with pytest.raises(ShapeError, match="permutation: expected an array with an axis"):
        generator.permutation(backend.zeros(()))


@pytest.mark.parametrize(("seed", "stream"), [(-1, 0), (2**64, 0), (0, -1), (0, 2**32)])
def test_seeds_and_streams_out_of_range_are_refused(seed: int, stream: int) -> None:
    with pytest.raises(MathcoreError, match="random: expected a"):
        Generator(seed, stream=stream, device="numpy")


@pytest.mark.parametrize(
    "state",
    [
        {}, {"seed": 1, "stream": 0}, {"seed": 1, "stream": 0, "draws": -1}, {"seed": 1, "stream": 0, "draws": 1.0},
        {"seed": 2**64, "stream": 0, "draws": 0}, {"seed": 1, "stream": 0, "draws": 0, "more": 0},
        {"seed": True, "stream": 0, "draws": 0},
    ],
)  # fmt: skip
def test_what_is_no_state_is_refused(state: dict[str, int]) -> None:
    with pytest.raises(MathcoreError, match="Generator: expected a state of seed, stream, draws"):
        Generator.from_state(state, device="numpy")


def test_the_last_draw_is_refused_instead_of_the_first_one_given_again() -> None:
    generator = Generator.from_state({"seed": 0, "stream": 0, "draws": 2**32 - 1}, device="numpy")
    with pytest.raises(MathcoreError, match="Generator: expected fewer than 4294967295 draws"):
        generator.uniform()
