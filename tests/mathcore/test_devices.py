"""Choosing devices: by name, by environment, for a block of code; and without any OpenCL at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mathcore
from mathcore.errors import DeviceError

ROOT = Path(__file__).resolve().parents[2]

WITHOUT_PYOPENCL = """
import sys, warnings
sys.modules["pyopencl"] = None  # importing it fails, as where it is not installed
"""

SCRIPT = """
import mathcore
from mathcore import random

def work(device):
    with mathcore.device(device), mathcore.scope() as scope:
        x = mathcore.asarray([[1, 2.5], [3, -4]])
        y = mathcore.exp(x) @ x.T + 1
        y[0, :] = 0
        z = random.Generator(3).uniform((2, 2))
        total = mathcore.sum(mathcore.where(y > 0, y, -y)) + mathcore.max(z)
        return float(total), mathcore.sort(x, axis=0).tolist(), x.device.backend.name
"""


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("GRID_")}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**settings, **environment},
        timeout=120,
    )


def test_a_device_is_opened_once_and_found_by_any_of_its_names() -> None:
    best = mathcore.device("opencl")
    part = best.name.split()[0].lower()
    assert mathcore.device(best) is best
    assert mathcore.device(best.backend) == best
    assert mathcore.device(f"opencl:{part}") == best
    assert hash(mathcore.device("opencl")) == hash(best)
    assert mathcore.device("numpy") != best
    assert repr(best) == f"<device opencl: {best.name}>"


@pytest.mark.parametrize("name", ["cuda", "numpy:1", "", "open cl"])
def test_an_unknown_device_is_named(name: str) -> None:
    with pytest.raises(DeviceError, match=r"expected device numpy, opencl or opencl:INDEX_OR_NAME"):
        mathcore.device(name)


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(DeviceError, match=r"got '99'; there are: 0 "):
        mathcore.device("opencl:99")


def test_the_innermost_device_is_the_default_one() -> None:
    outer, inner = mathcore.device("opencl"), mathcore.device("numpy")
    with outer:
        with inner, inner:
            assert mathcore.zeros(1).device == inner
        assert mathcore.zeros(1).device == outer


def test_the_default_comes_back_after_an_exception() -> None:
    before = mathcore.device()
    with pytest.raises(RuntimeError), mathcore.device("numpy"):
        raise RuntimeError
    assert mathcore.device() == before


def test_arrays_move_between_devices() -> None:
    x = mathcore.asarray([1, 2], device="numpy")
    there = x.to_device("opencl")
    assert there.backend.name == "opencl"
    assert there.to_device("numpy").tolist() == [1, 2]
    assert x.to_device(x.device) is x


@pytest.mark.parametrize(
    ("environment", "name"),
    [({"GRID_BACKEND": "numpy"}, "numpy"), ({"GRID_DEVICE": "0"}, "opencl"), ({"GRID_BACKEND": "opencl"}, "opencl")],
)
def test_the_environment_names_the_default_device(environment: dict[str, str], name: str) -> None:
    done = run("import mathcore; print(mathcore.zeros(1).backend.name)", **environment)
    assert (done.stdout.strip(), done.stderr) == (name, "")


def test_a_device_of_the_environment_that_is_not_there_is_an_error() -> None:
    done = run("import mathcore; mathcore.zeros(1)", GRID_DEVICE="99")
    assert "DeviceError: expected the index or part of the name of a device, got '99'" in done.stderr


def test_a_script_runs_unchanged_without_an_opencl_library() -> None:
    expected = run(SCRIPT + "print(work('numpy'))")
    assert expected.returncode == 0, expected.stderr
    without = run(WITHOUT_PYOPENCL + SCRIPT + "print(work('numpy'))")
    assert (without.stdout, without.stderr) == (expected.stdout, "")
    on_device = run(SCRIPT + "print(work('opencl'))")
    assert on_device.stdout.split(",")[1:-1] == expected.stdout.split(",")[1:-1]


def test_without_an_opencl_library_numpy_is_the_default_and_the_reason_is_told() -> None:
    done = run(WITHOUT_PYOPENCL + "import mathcore; print(mathcore.zeros(1).backend.name)")
    assert done.stdout.strip() == "numpy"
    assert "RuntimeWarning: no OpenCL device (expected pyopencl to be importable" in done.stderr
    asked_for = run(WITHOUT_PYOPENCL + "import mathcore; mathcore.device('opencl')")
    assert "DeviceError: expected pyopencl to be importable" in asked_for.stderr


def test_a_forked_process_opens_devices_anew() -> None:
    program = """
import os, mathcore
mathcore.device("numpy")
if os.fork() == 0:
    print(mathcore.ones(2, device="numpy").tolist(), flush=True)
    os._exit(0)
os.wait()
"""
    assert run(program).stdout.strip() == "[1.0, 1.0]"
