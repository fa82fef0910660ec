"""A worker on bare Redis lists: takes a task, answers, takes the next. ``python bench/peers/raw_lists.py URL``."""

from __future__ import annotations

import sys

import redis

TASKS, DONE = "raw:tasks", "raw:done"


def main() -> None:
    """Answer tasks until killed."""
    server = redis.Redis.from_url(sys.argv[1], socket_timeout=None)
    while True:
        popped = server.brpop([TASKS])
        if popped is not None:
            server.lpush(DONE, popped[1])


if __name__ == "__main__":
    main()
