"""Leases: a running task shows that it lives by an entry that runs out soon after it stops being renewed."""

from __future__ import annotations

from grid.store import keys, scripts
from grid.store.base import StoreBase, check_name, run_key
from grid.store.resp import Part


class LeaseStore(StoreBase):
    """Renews, releases and lists the leases of a step."""

    def renew_lease(self, run: str, step: int, name: str, worker: str, ttl_seconds: float) -> None:
        """Hold the lease ``name`` (such as ``gradient:3``) for ``ttl_seconds`` from now; the last worker is noted."""
        run_key(run)
        ttl_ms = round(1000 * ttl_seconds)
        arguments: list[Part] = [check_name(name, what="lease"), check_name(worker, what="worker"), ttl_ms]
        self.control.run_script(scripts.RENEW_LEASE, [keys.leases(run, step)], arguments)

    def release_lease(self, run: str, step: int, name: str) -> None:
        """Let go of a lease. Another worker on the same task takes it back with its next renewal."""
        run_key(run)
        self.control.call("HDEL", keys.leases(run, step), check_name(name, what="lease"))

    def leases(self, run: str, step: int) -> dict[str, float]:
        """Return the leases that are held now and for how many seconds, by the clock of the control server."""
        run_key(run)
        reply = self.control.run_script(scripts.LIVE_LEASES, [keys.leases(run, step)], [])
        held = zip(reply[::2], reply[1::2], strict=True)
        return {name.decode("utf-8", "replace"): int(milliseconds) / 1000 for name, milliseconds in held}
