"""Validation of jobs."""

from pathlib import Path
from typing import Any

import pytest

from grid.errors import JobError
from grid.job import Job, resolve_network, validate_job


def test_the_defaults_are_a_valid_job() -> None:
    assert validate_job({}) == Job()


def test_a_job_survives_json() -> None:
    job = validate_job({"steps": 7, "codec": "float32", "seed": 3})
    assert Job.model_validate_json(job.model_dump_json()) == job


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"codec": "gzip"}, "codec: expected one of"),
        ({"network": "lenett"}, "network: expected one of"),
        ({"steps": -1}, "steps: "),
        ({"steps": True}, "steps: "),
        ({"steps": "many"}, "steps: "),
        ({"epochs": 0}, "epochs: "),
        ({"micro_batch": -1}, "micro_batch: "),
        ({"local_steps": 0}, "local_steps: "),
        ({"batch_size": 0}, "batch_size: "),
        ({"shards": 9, "batch_size": 8}, "shards: expected at most batch_size (8), got 9"),
        ({"learning_rate": float("nan")}, "learning_rate: "),
        ({"learning_rate": float("inf")}, "learning_rate: "),
        ({"momentum": 1.0}, "momentum: "),
        ({"precision": "int4"}, "precision: "),
        ({"colour": "red"}, "colour: "),
    ],
)
def test_a_wrong_field_is_named_in_one_line(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(JobError) as caught:
        validate_job(fields)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert list(caught.value.errors) == [next(name for name in fields if message.startswith(name))]


def test_every_wrong_field_gets_its_own_message() -> None:
    with pytest.raises(JobError) as caught:
        validate_job({"steps": -1, "momentum": 2})
    assert set(caught.value.errors) == {"steps", "momentum"}


def test_epochs_come_to_the_steps_that_they_take() -> None:
    job = Job(epochs=1.5, batch_size=64).with_steps(examples=1000)
    assert (job.steps, job.epochs) == (24, None)
    assert Job(steps=7).with_steps(examples=1000) == Job(steps=7)


def test_more_epochs_than_steps_can_count_are_refused() -> None:
    with pytest.raises(JobError, match="steps: "):
        Job(epochs=1e6, batch_size=1, shards=1).with_steps(examples=60_000)


@pytest.mark.parametrize("job", [None, 3, "lenet", [1], {"network": 4}, {"network": [4]}])
def test_something_that_is_no_job_is_refused(job: object) -> None:
    with pytest.raises(JobError):
        validate_job(job)


def test_a_shipped_network_resolves_to_its_name() -> None:
    assert resolve_network("lenet") == "lenet"


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "expected JSON"), ('{"a": 1}', "expected a list of layers"), ("[1]", "expected a list of layers")],
)
def test_a_malformed_network_file_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "net.json"
    path.write_text(text)
    with pytest.raises(JobError, match=message):
        resolve_network(str(path))


def test_deeply_nested_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 200_000)
    with pytest.raises(JobError, match="expected JSON"):
        resolve_network(str(path))


def test_a_missing_network_file_names_the_shipped_ones() -> None:
    with pytest.raises(JobError, match="expected one of .*lenet.* or a JSON file, got No such file"):
        resolve_network("nothing.json")
