"""The argument and the options that describe a job, shared by ``grid train`` and ``grid submit``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from grid.cli.setting_values import policy, setting
from grid.job import Job, resolve_network, validate_job

# option, field of Job, type, help
OPTIONS: tuple[tuple[str, str, type, str], ...] = (
    ("--data", "data", str, "Name of a data set, or a folder of IDX files. An empty one: the files named by NET."),
    ("--steps", "steps", int, "How many updates to make."),
    ("--epochs", "epochs", float, "In place of --steps: how often to go through the training data."),
    ("--batch-size", "batch_size", int, "Examples a step, or a local step."),
    ("--local-steps", "local_steps", int, "Updates a shard makes on its own in a step; what travels is their sum."),
    ("--micro-batch", "micro_batch", int, "Examples computed at once; larger shards in pieces. 0: a shard at once."),
    ("--shards", "shards", int, "Parts of a step, to share among workers. Part of the result."),
    ("--codec", "codec", str, "How gradients travel: float32, float16, dynamic8, sr4 or ternary."),
    ("--precision", "precision", str, "Arithmetic of the kernels: fp32."),
    ("--seed", "seed", int, "Decides the first parameters and the order of the examples."),
    ("--optimizer", "optimizer", str, "How parameters follow from gradients, such as momentum or adam."),
    ("--lr", "learning_rate", float, "Learning rate."),
    ("--momentum", "momentum", float, "Momentum of the optimizer."),
    ("--weight-decay", "weight_decay", float, "Decay of the parameters."),
    ("--evaluate-every", "evaluate_every", int, "Test every so many steps; 0: only at the end."),
    ("--audit", "audit", float, "Share of the shards that a second worker computes, too; 0.05: a cheat is found."),
    ("--norm-bound", "norm_bound", float, "Refuse a gradient with so many times the typical norm; 0: none."),
)


SETTINGS_OPTION = click.option(
    "--optimizer-setting", "optimizer_settings", type=setting, multiple=True, metavar="NAME=VALUE",
    help="A setting of the optimizer, such as beta1=0.95; may be repeated.",
)
CLASS_OPTION = click.option(
    "--class-strict", "class_strict", is_flag=True, default=None,
    help="Take one equivalence class only (device, driver, kernels): that of the first gradient.",
)
POLICY_OPTION = click.option(
    "--lr-policy", "lr_policy", type=policy, metavar="POLICY",
    help='How the learning rate changes: "step,gamma=0.1,step_size=1000" or a JSON object.  [default: it does not]',
)


def job_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command NET and the job's options; it gets them as one validated ``job``.

    What an option leaves out has the default of ``Job``; a value that cannot be used is told by the job's own check.
    """

    @wraps(function)
    def command(network: str, **options: Any) -> None:
        function(job=validate_job({"network": resolve_network(network), **given_fields(options)}), **options)

    return click.argument("network", metavar="NET")(field_options(command))


def field_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a job; ``given_fields`` takes their values out again."""
    command = SETTINGS_OPTION(POLICY_OPTION(CLASS_OPTION(command)))
    for option, field, kind, text in reversed(OPTIONS):
        default = Job.model_fields[field].default
        shown = text if default is None else f"{text}  [default: {default}]"
        command = click.option(option, field, type=kind, metavar=_metavar(kind), help=shown)(command)
    return command


def given_fields(options: dict[str, Any]) -> dict[str, Any]:
    """Take the fields of a job out of a command's options and return those that were given."""
    fields = {field: options.pop(field) for _, field, _, _ in OPTIONS}
    fields |= {name: options.pop(name) for name in ("lr_policy", "class_strict")}
    fields["optimizer_settings"] = dict(options.pop("optimizer_settings")) or None
    given = {field: value for field, value in fields.items() if value is not None}
    if given.keys() >= {"steps", "epochs"}:
        raise click.UsageError("expected --steps or --epochs, got both")
    return given


def _metavar(kind: type) -> str:
    return {int: "N", float: "X", str: "NAME"}[kind]
