"""What holds for every process that a command starts on this machine: it does not outlive the command."""

from __future__ import annotations

import ctypes
import signal
import sys

EXIT_UNUSABLE = 2  # exit code of a worker process that cannot compute: starting it again would not help
EXIT_BANNED = 3  # exit code of a worker process that was banned: others have found its results wrong
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have the kernel send SIGTERM to this process when the thread that started it is gone; a ``preexec_fn``.

    Linux only; elsewhere the parent's own clean-up must do.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
