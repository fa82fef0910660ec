"""The record of a finished run, as a few lines for people or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

STDOUT = "-"


def check_json_path(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse, before any training, a path to which the record could not be written."""
    if value in (None, STDOUT):
        return value
    path = Path(str(value))
    if path.is_dir() or not path.parent.is_dir():
        raise click.BadParameter(f"expected a file in a folder that exists, got {value}")
    return value


json_option = click.option(
    "--json",
    "json_path",
    metavar="FILE",
    callback=check_json_path,
    help="Write the record there as JSON; `-`: to stdout, and nothing else.",
)


def report(record: Mapping[str, Any], json_path: str | None) -> None:
    """Write the record where it was asked for, and a summary unless stdout is taken."""
    report_as(summary(record), record, json_path)


def report_as(lines: str, record: Mapping[str, Any], json_path: str | None) -> None:
    """Write ``record`` where it was asked for, and ``lines`` unless stdout is taken."""
    text = json.dumps(record, indent=2)
    if json_path == STDOUT:
        click.echo(text)
        return
    if json_path is not None:
        try:
            Path(json_path).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise click.FileError(json_path, hint=error.strerror or str(error)) from None
    click.echo(lines)


def summary(record: Mapping[str, Any]) -> str:
    """Return the lines that end a training."""
    lines = [f"run {record['run']} finished: {record['steps']:,} steps in {record['seconds']:.1f} s"]
    if record["test_accuracy"] is not None:
        lines.append(f"  test accuracy      {record['test_accuracy']:.2%}")
    if record["final_loss"] is not None:
        lines.append(f"  final loss         {record['final_loss']:.5f}")
    if record["examples_per_second"] is not None:
        lines.append(f"  speed              {record['examples_per_second']:,.0f} images/s on {record['device']}")
    lines.append(f"  bytes up, down     {record['bytes_up']:,}, {record['bytes_down']:,}")
    lines.append(f"  parameters SHA-256 {record['parameters_sha256']}")
    return "\n".join(lines)
