"""Record what PyTorch's optimizers do, for test_torch_numbers.py: ``python tests/mathcore/optimizers/record_torch.py``.

Writes torch_numbers.npz beside this file: the start, the gradients, our settings as JSON, and the parameters after
every step of each case.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

STEPS, SIZE = 8, 64
FILE = Path(__file__).with_name("torch_numbers.npz")

# A case is called after our optimizer: its settings, then PyTorch's class and settings
CASES: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "sgd": ({"learning_rate": 0.1}, "SGD", {"lr": 0.1}),
    "sgd decay clip_norm": (
        {"learning_rate": 0.1, "weight_decay": 0.01, "clip_norm": 2.0}, "SGD", {"lr": 0.1, "weight_decay": 0.01},
    ),
    "sgd clip_value": ({"learning_rate": 0.1, "clip_value": 0.5}, "SGD", {"lr": 0.1}),
    "momentum": (
        {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01},
        "SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    ),
    "nesterov": (
        {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01},
        "SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    ),
    "adagrad": ({"learning_rate": 0.1}, "Adagrad", {"lr": 0.1}),
    "rmsprop": ({"learning_rate": 0.01}, "RMSprop", {"lr": 0.01}),
    "rmsprop momentum": ({"learning_rate": 0.01, "momentum": 0.9}, "RMSprop", {"lr": 0.01, "momentum": 0.9}),
    "adadelta": ({"learning_rate": 1.0}, "Adadelta", {"lr": 1.0}),
    "adam": ({"learning_rate": 0.01, "weight_decay": 0.01}, "Adam", {"lr": 0.01, "weight_decay": 0.01}),
    "adamw": ({"learning_rate": 0.01, "weight_decay": 0.1}, "AdamW", {"lr": 0.01, "weight_decay": 0.1}),
}  # fmt: skip


def record(start: np.ndarray, gradients: np.ndarray, ours: dict[str, Any], kind: str, theirs: dict[str, Any]) -> Any:
    """Return the parameters (STEPS, SIZE) after every step."""
    w = torch.nn.Parameter(torch.from_numpy(start.copy()))
    optimizer = getattr(torch.optim, kind)([w], **theirs)
    found = []
    for g in gradients:
        w.grad = torch.from_numpy(g.copy())
        if "clip_norm" in ours:
            torch.nn.utils.clip_grad_norm_([w], ours["clip_norm"])
        if "clip_value" in ours:
            torch.nn.utils.clip_grad_value_([w], ours["clip_value"])
        optimizer.step()
        found.append(w.detach().numpy().copy())
    return np.array(found)


def main() -> None:
    """Record all cases."""
    generator = np.random.default_rng(0)
    start = generator.standard_normal(SIZE).astype(np.float32)
    gradients = generator.standard_normal((STEPS, SIZE)).astype(np.float32)
    recorded = {name: record(start, gradients, *case) for name, case in CASES.items()}
    settings = np.array(json.dumps({name: ours for name, (ours, _, _) in CASES.items()}))
    np.savez_compressed(FILE, start=start, gradients=gradients, settings=settings, **recorded)


if __name__ == "__main__":
    main()
