"""JSON from strangers: strict, bounded, and refused in one line."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


class JsonTextError(ValueError):
    """Raised when a text is not JSON; the message tells where."""


def parse(text: str | bytes) -> Any:
    """Return the value that a JSON text holds.

    Raises:
        JsonTextError: if it is not JSON, nested too deeply, or holds NaN or Infinity, which JSON does not have.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise JsonTextError(f"expected JSON, got a text that is not at {place}: {error.msg}") from None
    except UnicodeDecodeError:
        raise JsonTextError("expected JSON in UTF-8, got other bytes") from None
    except RecursionError:
        raise JsonTextError("expected JSON of reasonable depth, got more levels than can be read") from None
    except ValueError as error:
        raise JsonTextError(f"expected JSON, got {error}") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name}, which is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]}, which is out of range")
    return value
