"""The job form: its fields, their first values, and what they come to as the fields of a ``Job``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grid.job import Job
from grid.networks import shipped_networks
from mathcore.codecs import names as codec_names
from web.job_check import FieldsError, check
from web.json_text import JsonTextError, parse

OWN_NETWORK = "own"


@dataclass(frozen=True)
class Field:
    """One line of the form.

    Attributes:
        name: of the job's field.
        label: what stands beside it.
        hint: one short sentence below it.
        read: turns the text into the value; ValueError if it cannot.
        expected: what the text should have been.
    """

    name: str
    label: str
    hint: str
    read: Callable[[str], Any]
    expected: str = ""


def _number_or_none(text: str) -> float | None:
    return float(text) if text else None


def _whole(text: str) -> int:
    if len(text) > 40:
        raise ValueError("too long")
    return int(text)


FIELDS = {
    field.name: field
    for field in (
        Field("data", "Data", "mnist comes with Nabe. Else a folder of IDX files inside of the data folder.", str),
        Field("steps", "Steps", "How many times the parameters are updated.", _whole, "a whole number"),
        Field("batch_size", "Batch size", "Examples in a step.", _whole, "a whole number"),
        Field(
            "shards",
            "Shards",
            "Parts of a batch that workers share. They belong to the result.",
            _whole,
            "a whole number",
        ),
        Field("codec", "Codec", "How gradients travel: dynamic8 takes 26 % of the bytes of float32, ternary 5 %.", str),
        Field(
            "evaluate_every",
            "Evaluate every",
            "Steps between looks at the test images. 0: only at the end.",
            _whole,
            "a whole number",
        ),
        Field("learning_rate", "Learning rate", "How far a step goes.", float, "a number"),
        Field(
            "momentum",
            "Momentum",
            "How much of the last direction is kept, from 0 to below 1. Empty: 0.9.",
            _number_or_none,
            "a number",
        ),
        Field(
            "weight_decay",
            "Weight decay",
            "Pulls parameters towards zero. Empty: 0, off.",
            _number_or_none,
            "a number",
        ),
        Field("seed", "Seed", "The same seed gives the same result, bit for bit.", _whole, "a whole number"),
    )
}


def first_values() -> dict[str, str]:
    """Return the texts of a fresh form: the defaults of ``Job``, and a test now and then so that there is a curve."""
    values = {name: _shown(Job.model_fields[name].default) for name in FIELDS}
    return {**values, "evaluate_every": "100", "network": "lenet", "definition": ""}


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def choices() -> dict[str, tuple[str, ...]]:
    """Return the fields that are chosen from a list, with their lists."""
    return {"network": shipped_networks(), "codec": codec_names()}


def kept_values(form: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that were sent, as they were; first values for those that were not."""
    return {name: form.get(name, first) for name, first in first_values().items()}


def job_fields(values: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a job from the texts of the form.

    Raises:
        FieldsError: if a text is not a value of its field; tells what is wrong with the other fields too.
    """
    fields: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, field in FIELDS.items():
        text = values[name].strip()
        try:
            fields[name] = field.read(text)
        except ValueError:
            errors[name] = f"expected {field.expected}, got {text[:40]!r}"
    try:
        fields["network"] = _network(values)
    except JsonTextError as error:
        errors["network"] = str(error)
    if errors:
        raise FieldsError({**_errors(fields), **errors})
    return fields


def _errors(fields: Mapping[str, Any]) -> dict[str, str]:
    try:
        check(dict(fields))
    except FieldsError as error:
        return error.errors
    return {}


def _network(values: Mapping[str, str]) -> Any:
    """Return the name that was chosen or the definition that was pasted."""
    if values["network"] != OWN_NETWORK:
        return values["network"]
    definition = parse(values["definition"])
    if isinstance(definition, list):
        return definition
    raise JsonTextError(f"expected a list of layers, got {type(definition).__name__}")
