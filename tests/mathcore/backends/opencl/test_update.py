"""What the tests of the optimizers cannot reach on one device: kernels for other devices, programs in odd forms."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl import update
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.operations import Step
from mathcore.backends.update_program import UpdateProgram
from mathcore.errors import DTypeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits, random_array

FLOAT = np.dtype(np.float32)


@pytest.mark.parametrize(("vector", "local"), [(4, 64), (4, 1), (8, 1), (16, 1), (16, 32)])
@pytest.mark.parametrize("size", [1, 255, 256, 1000])
def test_squares_have_the_same_bits_on_devices_of_every_kind(
    device: OpenCLBackend, reference: NumpyBackend, size: int, vector: int, local: int
) -> None:
    values = random_array(2000)
    x, sums = device.asarray(values), device.empty((-(-size // 256),))
    device.queue.launch(
        update.SQUARES_FILE, "block_squares", sums.size * local, (x.data, sums.data), (size,),
        (("VEC", vector), ("LOCAL", local)), local=local,
    )  # fmt: skip
    assert_same_bits(sums, reference.block_squares(reference.asarray(values), size=size))


def test_vectors_are_written_once_all_values_are_computed(device: OpenCLBackend, reference: NumpyBackend) -> None:
    steps = tuple(Step("positive", (value,), FLOAT) for value in (0, 2, 3))
    turned = UpdateProgram(slots=2, multiplied=False, numbers=0, steps=steps, writes=((2, 4), (3, 5), (0, 6)))
    for backend in (device, reference):
        w, g = backend.asarray(np.full(5, 1, np.float32)), backend.zeros((5,))
        state = backend.asarray(np.repeat(np.array([2, 3], np.float32), 256))
        backend.update(turned, w, g, state, numbers=np.zeros(0, np.float32), size=5, multipliers=None)
        assert [w.numpy()[4], state.numpy()[4], state.numpy()[260]] == [3, 1, 2]
        assert [state.numpy()[5], state.numpy()[261]] == [2, 3]  # behind the elements


def test_more_numbers_than_a_vector_has_lanes(device: OpenCLBackend, reference: NumpyBackend) -> None:
    count = 35
    steps = [Step("multiply", (0, 2), FLOAT)]
    steps += [Step("add", (count + 1 + k, 2 + k), FLOAT) for k in range(1, count)]
    long = UpdateProgram(slots=0, multiplied=False, numbers=count, steps=tuple(steps), writes=((0, 2 * count + 1),))
    numbers = random_array(count, seed=5)
    found = []
    for backend in (device, reference):
        w = backend.asarray(random_array(77))
        backend.update(long, w, backend.zeros((77,)), backend.zeros((0,)), numbers=numbers, size=77, multipliers=None)
        found.append(w)
    assert_same_bits(*found)


def test_other_types_are_refused(device: OpenCLBackend) -> None:
    program = UpdateProgram(slots=0, multiplied=False, numbers=0, steps=(), writes=((0, 1),))
    w, g = device.zeros((2,)), device.zeros((2,), np.int32)
    with pytest.raises(DTypeError, match="update: expected float32, got int32"):
        device.update(program, w, g, device.zeros((0,)), numbers=np.zeros(0, np.float32), size=2, multipliers=None)
