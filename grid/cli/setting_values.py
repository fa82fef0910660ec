"""Settings on the command line: ``beta1=0.95``, ``step,gamma=0.1,step_size=1000``, or JSON."""

from __future__ import annotations

import json
from typing import Any

import click


def setting(text: str) -> tuple[str, Any]:
    """Return name and value of ``name=value``; the value is JSON where it can be read so, else text."""
    name, separator, value = text.partition("=")
    if not (separator and name.strip()):
        raise click.BadParameter(f"expected name=value such as beta1=0.95, got {text!r}")
    return name.strip(), _value(value.strip())


def policy(text: str) -> dict[str, Any]:
    """Return a learning-rate policy from its type and settings, or from a JSON object."""
    if text.lstrip().startswith("{"):
        given = _value(text)
        if not isinstance(given, dict):
            raise click.BadParameter(f"expected a JSON object, got {text!r}")
        return given
    kind, *settings = text.split(",")
    if "=" in kind:
        raise click.BadParameter(f'expected a type first, such as "step,gamma=0.1,step_size=1000", got {text!r}')
    return {"type": kind.strip(), **dict(setting(item) for item in settings)}


def _value(text: str) -> Any:
    """Return what JSON makes of a text, or the text; NaN and infinity stay text."""
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
