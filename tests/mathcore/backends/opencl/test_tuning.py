"""Sizes that suit the registers of a device, whatever its vector width."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mathcore.backends.opencl.tuning import Tuning, tune


def tuning_of(width: int, kind: str = "cpu", units: int = 2) -> Tuning:
    return tune(SimpleNamespace(native_vector_width_float=width, max_compute_units=units), kind)


@pytest.mark.parametrize(("native", "vector"), [(1, 4), (4, 4), (8, 8), (16, 16), (32, 16)])
def test_vectors_have_the_native_width(native: int, vector: int) -> None:
    assert tuning_of(native).vector == vector


@pytest.mark.parametrize(("width", "registers"), [(4, 16), (8, 16), (16, 32)])
def test_every_register_tile_fits_the_registers(width: int, registers: int) -> None:
    tuning = tuning_of(width)
    for tiles in (tuning.forward_tiles, tuning.gradient_tiles):
        assert [tile.vectors for tile in tiles] == [1, 2, 3]
        for tile in tiles:
            assert (tile.rows + 1) * tile.vectors + 1 <= registers
            assert tile.depth * tile.vectors * width * 4 <= 20_000
            assert tile.unit % tile.rows == 0


@pytest.mark.parametrize(("kind", "units"), [("cpu", 1), ("cpu", 64), ("gpu", 132)])
def test_runs_are_whole_vectors_that_cover_every_size(kind: str, units: int) -> None:
    tuning = tuning_of(8, kind, units)
    for size in (0, 1, 7, 1000, 431_080, 10**8):
        length = tuning.run_length(size)
        assert length > 0
        assert length % tuning.vector == 0
