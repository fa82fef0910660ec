"""The argument and the options that describe a job, shared by ``grid train`` and ``grid submit``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from grid.job import Job, resolve_network, validate_job

# option, field of Job, type, help
OPTIONS: tuple[tuple[str, str, type, str], ...] = (
    ("--data", "data", str, "Name of a data set, or a folder of IDX files. An empty one: the files named by NET."),
    ("--steps", "steps", int, "How many updates to make."),
    ("--batch-size", "batch_size", int, "Examples a step."),
    ("--shards", "shards", int, "Parts of a step, to share among workers. Part of the result."),
    ("--codec", "codec", str, "How gradients travel: dynamic8 or float32."),
    ("--precision", "precision", str, "Arithmetic of the kernels: fp32."),
    ("--seed", "seed", int, "Decides the first parameters and the order of the examples."),
    ("--lr", "learning_rate", float, "Learning rate."),
    ("--momentum", "momentum", float, "Momentum of the optimizer."),
    ("--weight-decay", "weight_decay", float, "L2 decay of the parameters."),
    ("--evaluate-every", "evaluate_every", int, "Test every so many steps; 0: only at the end."),
)


def job_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command NET and the job's options; it gets them as one validated ``job``.

    What an option leaves out has the default of ``Job``; a value that cannot be used is told by the job's own check.
    """

    @wraps(function)
    def command(network: str, **options: Any) -> None:
        fields = {field: options.pop(field) for _, field, _, _ in OPTIONS}
        given = {field: value for field, value in fields.items() if value is not None}
        function(job=validate_job({"network": resolve_network(network), **given}), **options)

    for option, field, kind, text in reversed(OPTIONS):
        default = Job.model_fields[field].default
        shown = f"{text}  [default: {default}]"
        command = click.option(option, field, type=kind, metavar=_metavar(kind), help=shown)(command)
    return click.argument("network", metavar="NET")(command)


def _metavar(kind: type) -> str:
    return {int: "N", float: "X", str: "NAME"}[kind]
