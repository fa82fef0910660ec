"""``grid time``."""

from __future__ import annotations

import json

import pytest

from grid.cli.main import run

COMMAND = ["time", "lenet", "--batch-size", "2", "--repeats", "1", "--backend", "numpy"]


def test_each_layer_is_shown_beside_its_floor(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(COMMAND) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:9]] == [
        "conv1", "conv2", "pool2", "fc3", "relu3", "fc4", "loss"
    ]
    assert lines[-1].startswith("floors on NumPy")


def test_json_holds_forward_and_backward_of_each_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMAND, "--json", "-"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["network"], record["batch_size"], len(record["layers"])) == ("lenet", 2, 7)
    convolution = record["layers"][0]
    for way in ("forward", "backward"):
        assert convolution[way].keys() == {"ms", "gflops", "gbytes_per_second", "floor_ms"}
        assert convolution[way]["floor_ms"] > 0
    # 2 * 24 * 24 * 20 * 25 operations an example
    assert convolution["forward"]["gflops"] * convolution["forward"]["ms"] == pytest.approx(2 * 576_000 / 1e6)
    assert record["step_ms"] > 0
    assert record["planned_bytes"] == 0  # NumPy's arrays come and go


def test_on_a_device_the_memory_of_a_step_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*COMMAND[:-1], "opencl"]) == 0
    assert "memory planned for a step: " in capsys.readouterr().out
