"""A training that was cut off goes on to the bits that it would have come to; damaged files are refused."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from grid.checkpoint import read_checkpoint, write_checkpoint
from grid.errors import CheckpointError, DivergedError
from grid.job import Job
from grid.local import Saving, Trainer, resume_local, train_local
from grid.progress import Progress
from grid.session import Plan, Session
from grid.settings import Settings, load
from mathcore import backends

STEPS = 9

DRAWING: list[dict[str, Any]] = [
    {"name": "data", "type": "blob_data", "inputs": ["batch"], "outputs": ["data", "label"],
     "params": {"data_shape": [28, 28, 1]}},
    {"name": "augmented", "type": "data_augmentation", "inputs": ["data"], "outputs": ["crop"],
     "params": {"out_shape": [24, 24], "random_crop": True, "random_flip": True}},
    {"name": "pool", "type": "pooling_2d", "inputs": ["crop"], "outputs": ["small"],
     "params": {"type": "average", "ksize": 6, "stride": 6}},
    {"name": "fc1", "type": "linear", "inputs": ["small"], "outputs": ["hidden"], "params": {"out_size": 12}},
    {"name": "bn", "type": "batch_normalization", "inputs": ["hidden"], "outputs": ["normal"], "params": {}},
    {"name": "relu", "type": "relu", "inputs": ["normal"], "outputs": ["active"]},
    {"name": "drop", "type": "dropout", "inputs": ["active"], "outputs": ["dropped"],
     "params": {"dropout_ratio": 0.5}},
    {"name": "fc2", "type": "linear", "inputs": ["dropped"], "outputs": ["pred"], "params": {"out_size": 10}},
    {"name": "loss", "type": "softmax_cross_entropy", "inputs": ["pred", "label"], "outputs": ["loss"]},
    {"name": "accuracy", "type": "accuracy", "inputs": ["pred", "label"], "outputs": ["accuracy"], "phase": ["test"]},
]  # fmt: skip


class CutOffError(Exception):
    """Stands for whatever ends a process."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load({}), state_dir=tmp_path / "state")


def job(**fields: Any) -> Job:
    given = {"steps": STEPS, "batch_size": 24, "shards": 2, "micro_batch": 8, "seed": 7, **fields}
    return Job(network=DRAWING, **given)


def silent(progress: Progress) -> None:
    """Show nothing."""


def cut_off(path: Path, after: int, made: Job, settings: Settings, backend: str) -> None:
    """Train with a checkpoint after every step, and end in the middle of the step after ``after``."""
    gradient = Session.gradient

    def failing(session: Session, step: int, shard: int) -> Any:
        if (step, shard) == (after, 1):
            raise CutOffError
        return gradient(session, step, shard)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "gradient", failing)
        with pytest.raises(CutOffError):
            train_local(made, settings=settings, on_progress=silent, backend=backend, saving=Saving(path, every=1))


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize(
    "fields",
    [
        {"optimizer": "momentum", "lr_policy": {"type": "step", "gamma": 0.5, "step_size": 3}},
        {"optimizer": "adam", "learning_rate": 0.003, "codec": "float32"},
        {"local_steps": 3, "lr_policy": {"type": "cosine", "max_steps": 3 * STEPS}},
    ],
    ids=["momentum", "adam", "local steps"],
)
def test_a_resumed_training_comes_to_the_bits_of_one_in_one_go(
    tmp_path: Path, settings: Settings, fields: dict[str, Any], backend: str
) -> None:
    # Given dropout, augmentation, batch normalization and a test in the middle
    made, path = job(evaluate_every=4, **fields), tmp_path / "training.safetensors"
    whole = train_local(made, settings=settings, on_progress=silent, backend=backend)
    # When the training is cut off in the middle of some step and resumed
    after = random.Random(str(fields)).randrange(1, STEPS)
    cut_off(path, after, made, settings, backend)
    assert read_checkpoint(path).step == after
    resumed = resume_local(path, settings=settings, on_progress=silent, backend=backend)
    # Then everything is as if nothing had happened
    same = ("parameters_sha256", "steps", "examples", "final_loss", "test_loss", "test_accuracy", "bytes_up")
    assert {name: resumed[name] for name in same} == {name: whole[name] for name in same}
    kinds = [(record["kind"], record["step"]) for record in read_checkpoint(path).history]
    assert kinds.count(("evaluation", 4)) == 1
    assert kinds[-2:] == [("step", STEPS), ("evaluation", STEPS)]


def test_a_finished_training_goes_on_with_more_steps_and_another_rate(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "training.safetensors"
    train_local(job(steps=2), settings=settings, on_progress=silent, backend="numpy", saving=Saving(path))
    record = resume_local(
        path, settings=settings, on_progress=silent, backend="numpy", changes={"steps": 3, "learning_rate": 0.5}
    )
    assert record["steps"] == 3
    checkpoint = read_checkpoint(path)
    assert (checkpoint.step, checkpoint.job.learning_rate) == (3, 0.5)


def test_a_training_that_diverges_leaves_the_last_good_checkpoint(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "training.safetensors"
    # Of one shard without a codec, so that nothing but the loss shows it
    wild = job(learning_rate=1000, weight_decay=1, shards=1, codec="float32", micro_batch=0, steps=200)
    told = "^step .*expected a finite loss.* was the first"
    with np.errstate(all="ignore"), pytest.raises(DivergedError, match=told):
        train_local(wild, settings=settings, on_progress=silent, backend="numpy", saving=Saving(path, every=1))
    assert read_checkpoint(path).step >= 1


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A checkpoint after one step."""
    trainer = Trainer.start(Session(Plan(job(), Path()), backends.create("numpy")))
    trainer.history.append({"kind": "step", "step": 1, "loss": 1.0, "examples": 24, "seconds": 0.5, "classes": []})
    path = tmp_path / "saved.safetensors"
    write_checkpoint(path, trainer.checkpoint())
    return path


def test_a_checkpoint_holds_every_array_by_name(saved: Path) -> None:
    tensors = load_file(saved)
    assert tensors["parameters/fc1/w"].shape == (16, 12)
    assert sum(name.startswith("parameters/bn/") for name in tensors) == 4
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def rewrite(path: Path, change: Callable[[dict[str, np.ndarray], dict[str, Any]], object]) -> None:
    """Write a checkpoint again with its tensors or its metadata changed."""
    with safe_open(path, framework="numpy") as file:
        values = json.loads(file.metadata()["nabe"])
    tensors = load_file(path)
    change(tensors, values)
    save_file(tensors, path, {"nabe": json.dumps(values)})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda tensors, values: tensors.pop("history"), "history"),
        (lambda tensors, values: tensors.pop("optimizer"), "optimizer"),
        (lambda tensors, values: values.update(step=5), "another length than 5"),
        (lambda tensors, values: values.update(step=-1), "step"),
        (lambda tensors, values: values.update(version=9), "version"),
        (lambda tensors, values: values.update(job={"steps": "many"}), "steps"),
        (lambda tensors, values: tensors.update(optimizer=np.zeros(3, np.int32)), "int32"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused_in_one_line(
    saved: Path, change: Callable[[dict[str, np.ndarray], dict[str, Any]], object], told: str
) -> None:
    rewrite(saved, change)
    with pytest.raises(CheckpointError, match=told) as caught:
        read_checkpoint(saved)
    assert str(saved) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"not a checkpoint", b"\xff" * 64])
def test_other_bytes_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_checkpoint(path)


def test_a_checkpoint_of_another_network_is_refused(saved: Path) -> None:
    checkpoint = read_checkpoint(saved)
    network = [
        {**layer, "params": {"out_size": 11}} if layer["name"] == "fc1" else layer
        for layer in DRAWING
    ]
    other = Session(Plan(job().model_copy(update={"network": network}), Path()), backends.create("numpy"))
    with pytest.raises(CheckpointError, match=r"expected .* as in the network"):
        Trainer.resume(other, replace(checkpoint, optimizer=np.zeros(other.state.size, np.float32)))


def test_a_checkpoint_of_another_optimizer_is_refused(saved: Path, settings: Settings) -> None:
    with pytest.raises(CheckpointError, match="optimizer state of .* elements as adam"):
        resume_local(saved, settings=settings, on_progress=silent, changes={"optimizer": "adam"})


def test_a_folder_that_is_missing_is_told_before_the_training(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(CheckpointError, match="expected a file name in a folder"):
        train_local(job(), settings=settings, on_progress=silent, saving=Saving(tmp_path / "no" / "file"))
