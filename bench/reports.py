"""Where a benchmark's report goes: to people, or as JSON to a file or stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Report = dict[str, Any]


def publish(report: Report, show: Callable[[Report], None], destination: str | None) -> None:
    """Show the report, and write it as JSON to the file ``destination``; ``-`` writes to stdout and shows nothing."""
    if destination != "-":
        show(report)
    if destination:
        text = json.dumps(report, indent=2) + "\n"
        sys.stdout.write(text) if destination == "-" else Path(destination).write_text(text)
