"""Nabe's side of ``bench/train.py``: the steps of ``grid train --local`` on one OpenCL device.

    python bench/peers/nabe.py NETWORK BATCH WARM_UP [DEVICE]
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from bench.peers.turns import LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, Step, make_batch, take_turns
from grid.devices import create_backend
from grid.job import Job
from grid.local import Trainer
from grid.networks import load_network
from grid.session import Plan, Session
from grid.settings import load

BATCHES = {"lenet": 16}
"""Batches of an epoch; 1 for the other networks. A new order of all images in each step would slow LeNet down."""


def prepare(network: str, batch: int, device: str | None, folder: Path) -> tuple[Step, str]:
    """Return a training step and the name of its equivalence class."""
    job = Job(
        network=with_files(network, batch, folder), data="", batch_size=batch, shards=1, codec="float32", seed=1,
        learning_rate=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY,
    )  # fmt: skip
    settings = replace(load(), backend="opencl", device=device)
    session = Session(Plan(job, folder), create_backend(settings))
    trainer = Trainer.start(session)
    steps = itertools.count()

    def step() -> float:
        [(loss, _)] = trainer.step(next(steps))
        return loss

    return step, session.backend.equivalence_class


def with_files(network: str, batch: int, folder: Path) -> list[dict[str, Any]]:
    """Write images as the blob files of Sukiyaki2 and return the network with data layers that name them."""
    images, labels = make_batch(network, batch * BATCHES.get(network, 1))
    (folder / "batch.bin").write_bytes(images.transpose(0, 3, 2, 1).tobytes())
    (folder / "batch.json").write_text(json.dumps(labels.tolist()))
    layers = load_network(network)
    for layer in layers:
        if layer["type"] == "blob_data":
            layer["params"] = {**layer["params"], "file_prefix": "batch", "data_klass": "single"}
    return layers


def main() -> None:
    """Take turns until stdin ends."""
    network, batch, warm_up, *device = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        step, name = prepare(network, int(batch), device[0] if device else None, Path(folder))
        take_turns(step, name=name, warm_up=int(warm_up))


if __name__ == "__main__":
    main()
