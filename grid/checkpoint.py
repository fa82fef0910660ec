"""Checkpoint files: all that a training needs to go on to the same bits, in the safetensors format.

    parameters/<layer>/<name>   F32   each array of the parameter vector, running statistics included
    optimizer                   F32   the optimizer state as one vector
    history                     U8    the records of steps and evaluations so far, a line of JSON each
    metadata "nabe"             JSON  version, job, step, bytes_up

The order of the data and all random numbers are functions of seed and step, so a step number is all there is to keep of
them. A file is written beside the old one, synchronized and renamed: at every moment there is a whole one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from grid.errors import CheckpointError, JobError
from grid.job import Job, validate_job
from mathcore.network import Layout

VERSION = 1
METADATA = "nabe"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training after ``step`` updates.

    Attributes:
        job: with ``steps`` and no epochs.
        step: how many updates were made.
        parameters: ``<layer>/<name>`` -> array, float32.
        optimizer: the optimizer state, float32.
        history: the records so far.
        bytes_up: payload bytes that its gradients took or would have taken.
    """

    job: Job
    step: int
    parameters: dict[str, np.ndarray]
    optimizer: np.ndarray
    history: list[dict[str, Any]]
    bytes_up: int

    def parameter_vector(self, layout: Layout) -> np.ndarray:
        """Return the parameters in the places of a layout, (P,) float32.

        Raises:
            CheckpointError: if the network has other arrays.
        """
        expected = {entry.name: entry.shape for entry in layout.entries}
        got = {name: array.shape for name, array in self.parameters.items()}
        if got != expected:
            name = next(iter(sorted(expected.items() ^ got.items())))[0]
            raise CheckpointError(
                f"checkpoint: expected {name} of shape {expected.get(name)} as in the network, got {got.get(name)}"
            )
        vector = np.zeros(layout.size, np.float32)
        for entry in layout.entries:
            vector[entry.offset : entry.offset + entry.size] = self.parameters[entry.name].reshape(-1)
        return vector


def by_name(vector: np.ndarray, layout: Layout) -> dict[str, np.ndarray]:
    """Return the arrays of a parameter vector by name, as views."""
    return {
        entry.name: vector[entry.offset : entry.offset + entry.size].reshape(entry.shape) for entry in layout.entries
    }


def check_writable(path: Path) -> None:
    """Find out before the training, not after it, that a checkpoint has no place.

    Raises:
        CheckpointError: if its folder is missing or cannot be written to.
    """
    if not os.access(path.parent, os.W_OK | os.X_OK) or path.is_dir():
        raise CheckpointError(f"checkpoint {path}: expected a file name in a folder that can be written to")


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint file in place of the one of that name.

    Raises:
        CheckpointError: if it cannot be written; the old file stays.
    """
    values = {
        "version": VERSION, "job": checkpoint.job.model_dump(), "step": checkpoint.step,
        "bytes_up": checkpoint.bytes_up,
    }
    lines = "".join(json.dumps(record) + "\n" for record in checkpoint.history)
    tensors = {f"parameters/{name}": np.ascontiguousarray(array) for name, array in checkpoint.parameters.items()}
    tensors |= {"optimizer": checkpoint.optimizer, "history": np.frombuffer(lines.encode("ascii"), np.uint8)}
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        save_file(tensors, partial, {METADATA: json.dumps(values)})
        _synchronize(partial)
        partial.replace(path)
        _synchronize(path.parent)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise CheckpointError(f"checkpoint {path}: cannot be written: {_reason(error)}") from None


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint in a file, which may come from a stranger.

    Raises:
        CheckpointError: if it cannot be read, or is not as ``write_checkpoint`` writes it.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dictionary
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"checkpoint {path}: cannot be read: {_reason(error)}") from None
    try:
        return _parse(metadata, tensors)
    except (ValueError, KeyError, TypeError, RecursionError, JobError) as error:
        raise CheckpointError(f"checkpoint {path}: expected a file of `grid train --checkpoint`, got {error}") from None


def _parse(metadata: Mapping[str, str], tensors: dict[str, np.ndarray]) -> Checkpoint:
    if METADATA not in metadata:
        raise ValueError(f"no metadata {METADATA!r}")
    values = json.loads(metadata[METADATA])
    if not isinstance(values, dict) or values.get("version") != VERSION:
        raise ValueError(f"another version than {VERSION}")
    job, history = validate_job(values["job"]), _history(tensors.pop("history"))
    step, bytes_up = values["step"], values["bytes_up"]
    if type(step) is not int or type(bytes_up) is not int or step < 0 or bytes_up < 0:
        raise ValueError("a step or a number of bytes that is none")
    if sum(record["kind"] == "step" for record in history) != step:
        raise ValueError(f"a history of another length than {step} steps")
    for name, array in tensors.items():
        if array.dtype != np.float32:
            raise ValueError(f"{name} of {array.dtype}")
    optimizer = tensors.pop("optimizer")
    parameters = {name.removeprefix("parameters/"): array for name, array in tensors.items()}
    return Checkpoint(job, step, parameters, optimizer, history, bytes_up)


def _history(data: np.ndarray) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in data.tobytes().splitlines()]
    if not all(isinstance(record, dict) and record.get("kind") in ("step", "evaluation") for record in records):
        raise ValueError("a history that holds something else than records")
    return records


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _synchronize(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
