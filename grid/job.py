"""A job: what to train, on what, how, and for how long. Validated here, whoever submits it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError, model_validator

from grid.errors import JobError
from grid.networks import shipped_networks
from mathcore.codecs import names as codec_names

MAXIMUM_NETWORK_BYTES = 4 * 1024 * 1024


class Job(BaseModel):
    """One training job.

    Attributes:
        network: the name of a shipped network, or the definition itself (a list of layers).
        data: the name of a data set or a folder; empty: the files named by the network's data layers.
        steps: how many updates of the run's parameters.
        epochs: how many passes over the training data; if given, ``steps`` follows from it.
        batch_size: examples a step, or a local step, over all shards.
        local_steps: updates that every shard makes on its own in a step, each on its part of another batch; what
            travels is how far they led. Learning-rate policies count them.
        micro_batch: examples computed at once; a larger shard is computed in pieces. 0: a shard at once.
        shards: into how many gradient tasks a step is split. Part of the result: never depends on the workers.
        codec: how gradients travel.
        optimizer: its name.
        optimizer_settings: its settings by name, such as ``{"beta1": 0.95}``; they come before the fields below.
        learning_rate: the base of the policy.
        lr_policy: how the learning rate changes, such as ``{"type": "step", "gamma": 0.1, "step_size": 1000}``.
        momentum: of the optimizer; None: its own default.
        weight_decay: of the optimizer; None: its own default.
        class_strict: take gradients of one equivalence class only, that of the first one committed: the same bits on
            every worker that takes part, at the price of those that are kept out.
        seed: of the initial parameters and the order of the data.
        checkpoint_every: on the grid, save every so many steps; 0: about every half minute.
        evaluate_every: evaluate on the test images every so many steps; 0: only at the end.
        audit: the share of shards that are computed twice, by different workers, and compared; 0: none.
        norm_bound: a gradient whose norm is more than so many times what is typical for the run is refused; 0: none is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    network: StrictStr | list[dict[str, Any]] = "lenet"
    data: StrictStr = "mnist"
    steps: Annotated[StrictInt, Field(ge=0, le=10**9)] = 1000
    epochs: Annotated[float, Field(gt=0, le=10**6, allow_inf_nan=False)] | None = None
    batch_size: Annotated[StrictInt, Field(ge=1, le=2**20)] = 128
    shards: Annotated[StrictInt, Field(ge=1, le=4096)] = 4
    local_steps: Annotated[StrictInt, Field(ge=1, le=10**5)] = 1
    micro_batch: Annotated[StrictInt, Field(ge=0, le=2**20)] = 0
    codec: StrictStr = "dynamic8"
    optimizer: Annotated[StrictStr, Field(max_length=100)] = "momentum"
    optimizer_settings: dict[str, Any] = Field(default_factory=dict)
    learning_rate: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 0.01
    lr_policy: dict[str, Any] | None = None
    momentum: Annotated[float, Field(ge=0, lt=1)] | None = None
    weight_decay: Annotated[float, Field(ge=0, le=1)] | None = None
    precision: Literal["fp32"] = "fp32"
    class_strict: StrictBool = False
    seed: Annotated[StrictInt, Field(ge=0, lt=2**63)] = 0
    evaluate_every: Annotated[StrictInt, Field(ge=0, le=10**9)] = 0
    audit: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    norm_bound: Annotated[float, Field(ge=0, le=10**30, allow_inf_nan=False)] = 1000.0
    checkpoint_every: Annotated[StrictInt, Field(ge=0, le=10**9)] = 0

    @model_validator(mode="after")
    def _check(self) -> Job:
        if self.shards > self.batch_size:
            raise ValueError(f"shards: expected at most batch_size ({self.batch_size}), got {self.shards}")
        if "name" in self.optimizer_settings:
            raise ValueError("optimizer_settings: expected settings of the optimizer, got name; set optimizer instead")
        if self.codec not in codec_names():
            raise ValueError(f"codec: expected one of {', '.join(codec_names())}, got {self.codec!r}")
        if isinstance(self.network, str) and self.network not in shipped_networks():
            raise ValueError(
                f"network: expected one of {', '.join(shipped_networks())} or a list of layers, got {self.network!r}"
            )
        return self

    @property
    def step_examples(self) -> int:
        """Examples a step: those of all shards and local steps."""
        return self.batch_size * self.local_steps

    def all_optimizer_settings(self) -> dict[str, Any]:
        """Return the settings of the optimizer, those that are fields of their own included."""
        fields = {"policy": self.lr_policy, "momentum": self.momentum, "weight_decay": self.weight_decay}
        given = {name: value for name, value in fields.items() if value is not None}
        return {"learning_rate": self.learning_rate, **given, **self.optimizer_settings}

    def with_steps(self, *, examples: int) -> Job:
        """Return the job with the steps that its epochs come to on a training split of so many examples.

        Raises:
            JobError: if they are too many.
        """
        if self.epochs is None:
            return self
        steps = math.ceil(self.epochs * examples / self.step_examples)
        return validate_job({**self.model_dump(), "steps": steps, "epochs": None})


def validate_job(fields: object) -> Job:
    """Return the job that ``fields`` describe.

    Raises:
        JobError: one line that names the first field that is wrong; ``errors`` maps every wrong field to its message.
    """
    try:
        return Job.model_validate(fields)
    except ValidationError as error:
        errors = dict(_message(entry) for entry in reversed(error.errors()))
        name, message = next(reversed(errors.items()))
        raise JobError(f"{name}: {message}", errors=errors) from None


def resolve_network(network: str) -> str | list[dict[str, Any]]:
    """Return ``network`` if it is the name of a shipped network, else the definition in the file of that path.

    Raises:
        JobError: if it is neither, or the file is not a JSON list of layers.
    """
    if network in shipped_networks():
        return network
    path = Path(network)
    try:
        if path.stat().st_size > MAXIMUM_NETWORK_BYTES:
            raise JobError(f"network {network}: expected a file of at most {MAXIMUM_NETWORK_BYTES} bytes")
        definition = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        names = ", ".join(shipped_networks())
        raise JobError(
            f"network {network}: expected one of {names} or a JSON file, got {error.strerror or error}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise JobError(f"network {network}: expected JSON, got {error}") from None
    if not isinstance(definition, list) or not all(isinstance(layer, dict) for layer in definition):
        raise JobError(f"network {network}: expected a list of layers, got {type(definition).__name__}")
    return definition


def _message(entry: Any) -> tuple[str, str]:
    """Return field and message of one pydantic error; our own messages carry the field in front."""
    text = str(entry["msg"]).removeprefix("Value error, ")
    if entry["loc"]:
        given = entry.get("input")
        shown = f", got {given!r}" if isinstance(given, (str, int, float, bool, type(None))) else ""
        return str(entry["loc"][0]), text[:1].lower() + text[1:] + shown
    field, _, message = text.partition(": ")
    return field, message
