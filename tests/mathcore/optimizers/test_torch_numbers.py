"""The optimizers against numbers recorded from PyTorch 2.13 by record_torch.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mathcore import optimizers
from mathcore.backends.base import Backend

RECORDED = np.load(Path(__file__).with_name("torch_numbers.npz"))
CASES: dict[str, dict[str, Any]] = json.loads(str(RECORDED["settings"]))
"""Called after the optimizer; what is not set has the same default here and there."""


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
