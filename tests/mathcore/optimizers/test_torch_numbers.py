"""The optimizers against numbers recorded from PyTorch 2.13 by record_torch.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mathcore import optimizers
from mathcore.backends.base import Backend

RECORDED = np.load(Path(__file__).with_name("torch_numbers.npz"))
DECAYING: dict[str, Any] = {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01}
CASES: dict[str, dict[str, Any]] = {
    "sgd": {"learning_rate": 0.1},
    "sgd decay clip_norm": {"learning_rate": 0.1, "weight_decay": 0.01, "clip_norm": 2.0},
    "sgd clip_value": {"learning_rate": 0.1, "clip_value": 0.5},
    "momentum": DECAYING,
    "nesterov": DECAYING,
    "adagrad": {"learning_rate": 0.1},
    "rmsprop": {"learning_rate": 0.01},
    "rmsprop momentum": {"learning_rate": 0.01, "momentum": 0.9},
    "adadelta": {"learning_rate": 1.0},
    "adam": {"learning_rate": 0.01, "weight_decay": 0.01},
    "adamw": {"learning_rate": 0.01, "weight_decay": 0.1},
}
"""Named after the optimizer: ours with its defaults, which are PyTorch's, and what record_torch.py sets."""


@pytest.mark.parametrize("case", CASES)
def test_steps_are_those_of_pytorch(case: str, backend: Backend) -> None:
    optimizer = optimizers.create(case.split()[0], **CASES[case])
    w = backend.asarray(RECORDED["start"])
    state = backend.zeros((optimizer.state_size(w.size),))
    for step, (g, expected) in enumerate(zip(RECORDED["gradients"], RECORDED[case], strict=True)):
        optimizer.update(w, state, backend.asarray(g), step=step)
        # float32 in another order of operations: 8 steps of about 10 roundings, 6e-8 each. PyTorch clips the norm to
        # clip_norm * norm / (norm + 1e-6).
        np.testing.assert_allclose(w.numpy(), expected, rtol=2e-6, atol=1e-6)
