"""One blob server: large values under immutable keys."""

from __future__ import annotations

from grid.errors import BlobsFullError, BrokerError, StoreError
from grid.store.server import Server

UNLINK_BATCH = 500
SCAN_COUNT = 1000


class BlobServer(Server):
    """Sends commands to one blob server."""

    kind = "blob server"
    variable = "GRID_BLOB_URL"

    def unlink(self, keys: list[str]) -> None:
        """Delete keys, those that do not exist included."""
        for start in range(0, len(keys), UNLINK_BATCH):
            self.call("UNLINK", *keys[start : start + UNLINK_BATCH])

    def keys_of(self, prefix: str) -> list[str]:
        """Return the keys that begin with ``prefix``, which holds no pattern characters."""
        found: list[str] = []
        cursor = "0"
        while True:
            reply = self.call("SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", SCAN_COUNT)
            if not (isinstance(reply, list) and len(reply) == 2 and isinstance(reply[1], list)):
                raise StoreError(f"{self}: expected a cursor and keys, got something else")
            found += [key.decode("utf-8", "replace") for key in reply[1] if isinstance(key, bytes)]
            cursor = reply[0].decode("ascii", "replace") if isinstance(reply[0], bytes) else "0"
            if cursor == "0":
                return found

    def memory(self) -> tuple[int, int] | None:
        """Return the bytes in use and the limit, 0 for none; ``None`` if the server does not tell."""
        reply = self.call("INFO", "memory")
        lines = reply.decode("ascii", "replace").splitlines() if isinstance(reply, bytes) else []
        values = dict(line.split(":", 1) for line in lines if ":" in line)
        used, limit = values.get("used_memory", ""), values.get("maxmemory", "")
        return (int(used), int(limit)) if used.isdecimal() and limit.isdecimal() else None

    def _full(self) -> BlobsFullError:
        return BlobsFullError(
            f"{self}: out of memory ({self._figures()}); raise its maxmemory, cancel other runs with "
            "`grid cancel RUN`, or use fewer shards or the codec dynamic8"
        )

    def _figures(self) -> str:
        try:
            memory = self.memory()
        except (BrokerError, StoreError):
            memory = None
        if memory is None:
            return "its figures cannot be read"
        return f"used {memory[0] / 2**20:.1f} MiB of {memory[1] / 2**20:.1f} MiB"
