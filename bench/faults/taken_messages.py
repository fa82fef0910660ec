"""Imported by worker processes: notes the last message that each has taken, so that it can be delivered again.

    TAKEN_MESSAGES  a folder, for one file a process
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from kombu.transport.virtual import QoS

_folder = Path(os.environ["TAKEN_MESSAGES"])
_append = QoS.append


def append(under_way: QoS, message: Any, delivery_tag: str) -> None:
    """Note a message, and keep it until it is acknowledged."""
    path = _folder / f"{os.getpid()}.json"
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(message._raw))
    partial.replace(path)
    _append(under_way, message, delivery_tag)  # type: ignore[no-untyped-call]


QoS.append = append  # type: ignore[method-assign]
