"""Takes a job from a stranger: every wrong field with its message, or the name of the run that was queued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from grid.errors import DataError, JobError
from grid.job import Job, validate_job
from mathcore.errors import MathcoreError
from web.grid_view import GridView

WHOLE_JOB = "job"


class FieldsError(Exception):
    """Raised when a job cannot be accepted.

    Attributes:
        errors: field -> message; trouble that belongs to no field is under ``job``.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))
        self.errors = dict(errors)


def check_and_submit(grid: GridView, fields: object) -> str:
    """Queue a job and return the name of its run.

    Raises:
        FieldsError: if it cannot be run.
    """
    job = check(fields)
    try:
        return grid.submit(job)
    except JobError as error:
        raise FieldsError(_by_field(error)) from None
    except DataError as error:
        raise FieldsError({"data": _without("data", str(error))}) from None
    except MathcoreError as error:
        raise FieldsError({"network": _without("network", str(error))}) from None


def check(fields: object) -> Job:
    """Return the job that the fields describe.

    Raises:
        FieldsError: if one of them is wrong, or names a file outside of the data folder.
    """
    if not isinstance(fields, dict):
        raise FieldsError({WHOLE_JOB: f"expected an object with the fields of a job, got {type(fields).__name__}"})
    try:
        job = validate_job(fields)
    except JobError as error:
        raise FieldsError(_by_field(error)) from None
    for field, path in _paths(job):
        if PurePath(path).is_absolute() or ".." in PurePath(path).parts:
            raise FieldsError({field: f"expected a name or a path inside of the data folder, got {path!r}"})
    return job


def _paths(job: Job) -> Iterator[tuple[str, str]]:
    """Yield the paths that a job names, with the field that names them."""
    yield "data", job.data
    if isinstance(job.network, list):
        for layer in job.network:
            params: Any = layer.get("params")
            prefix = params.get("file_prefix") if isinstance(params, dict) else None
            if isinstance(prefix, str):
                yield "network", prefix


def _by_field(error: JobError) -> dict[str, str]:
    """Return the messages of an error by field; the field stands in front of a message that has none."""
    if error.errors:
        return {field or WHOLE_JOB: message for field, message in error.errors.items()}
    message = str(error)
    field = message.partition(" ")[0].rstrip(":")
    return {field: _without(field, message)} if field in Job.model_fields else {WHOLE_JOB: message}


def _without(field: str, message: str) -> str:
    return message.removeprefix(f"{field}: ")
