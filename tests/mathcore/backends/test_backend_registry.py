"""Backends by name."""

import subprocess
import sys
from pathlib import Path

import pytest

from mathcore import DeviceError
from mathcore.backends import create


def test_an_unknown_backend_is_refused_with_the_names() -> None:
    with pytest.raises(DeviceError) as error:
        create("cuda")
    assert str(error.value) == "expected backend opencl or numpy, got 'cuda'"


def test_the_numpy_backend_takes_no_device() -> None:
    with pytest.raises(DeviceError, match="expected no device and no share, got '0' and None"):
        create("numpy", device="0")


def test_opencl_without_pyopencl_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "pyopencl.py").write_text("raise ImportError('libOpenCL.so.1: cannot open shared object file')")
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from mathcore import DeviceError
from mathcore.backends import create
try:
    create("opencl")
except DeviceError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert result.stdout.count("\n") == 1
    assert "pyopencl" in result.stdout
    assert "libOpenCL.so.1: cannot open shared object file" in result.stdout
