"""Print this machine's OpenCL devices as JSON: run by a process that must not touch OpenCL itself."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from mathcore.backends.opencl.devices import list_devices
from mathcore.errors import DeviceError


def main() -> int:
    """Print a JSON list of devices; exit code 1 and the reason on stderr where there are none."""
    try:
        devices = list_devices()
    except DeviceError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps([asdict(device) for device in devices]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
