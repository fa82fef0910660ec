"""What the queue promises: order, no waiting but for reading, and a clear refusal after a fork."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from mathcore.backends.opencl.backend import OpenCLBackend

USE_AFTER_FORK = """
import os, sys, warnings
warnings.simplefilter("ignore")  # that forking with threads is dangerous is the very point
from mathcore import DeviceError, backends
backend = backends.create("opencl")
x = backend.asarray([1.0, 2.0])
if os.fork() == 0:
    try:
        (x + x).numpy()
    except DeviceError as error:
        print(error, flush=True)
        os._exit(7)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_use_after_a_fork_is_refused_at_once() -> None:
    result = subprocess.run(
        [sys.executable, "-c", USE_AFTER_FORK], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 7, result.stderr
    assert "open the device after forking" in result.stdout


def test_a_host_array_may_change_as_soon_as_it_was_given(device: OpenCLBackend) -> None:
    values = np.ones(1_000_000, np.float32)
    x = device.asarray(values)
    values[:] = 2
    y = device.empty(x.shape)
    device.write(y, values)
    values[:] = 3
    assert x.numpy().max() == 1
    assert y.numpy().min() == y.numpy().max() == 2


def test_a_host_array_may_change_while_the_device_is_busy(device: OpenCLBackend) -> None:
    product = device.zeros((700, 700))
    for _ in range(3):
        product = device.matmul(product, product)
    values = np.ones(1_000_000, np.float32)
    x = device.asarray(values)
    values[:] = 2
    assert x.numpy().max() == 1
    assert product.numpy().max() == 0


def test_many_uploads_without_a_read_keep_their_order(device: OpenCLBackend) -> None:
    x = device.empty((1000,))
    device.zeros((1000,))  # so that the device has something to do, and uploads do not wait
    for number in range(500):
        device.write(x, np.full(1000, number, np.float32))
    assert x.numpy().min() == x.numpy().max() == 499
