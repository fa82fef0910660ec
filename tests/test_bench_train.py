"""bench/train.py: our side of it, and what it refuses. PyTorch's side needs torch, which tests do not install."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_our_side_answers_a_number_of_steps_with_seconds_and_memory() -> None:
    command = [sys.executable, str(ROOT / "bench" / "peers" / "nabe.py"), "lenet", "4", "1"]
    done = subprocess.run(command, input="2\n1\n", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    name, *answers = done.stdout.splitlines()
    assert name.startswith("opencl/")
    assert len(answers) == 2
    for answer in map(json.loads, answers):
        assert answer["seconds"] > 0
        assert answer["peak_bytes"] > 1e6


def test_an_unknown_network_is_refused() -> None:
    command = [sys.executable, str(ROOT / "bench" / "train.py"), "--networks", "lenet,alexnet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "expected networks of lenet, vgg16, resnet50, resnet152, got alexnet" in done.stderr
