"""Values on the blob servers that nobody will ask for again: a writer died, or its deletion did not get through."""

from __future__ import annotations

from collections.abc import Callable

from grid.errors import RunNotFoundError
from grid.store import keys
from grid.store.base import StoreBase
from grid.store.log import parse_entry
from grid.store.records import ENDED, RUN_ID, RunHeader

CHUNK_NAMES = {"blob": 6, "mean": 6, "gradient": 7}
"""How many names, with colons between them, the keys of chunks consist of; see ``keys``."""

Test = Callable[[list[str]], bool]


class OrphanStore(StoreBase):
    """Finds and deletes orphans."""

    def delete_orphans(self) -> int:
        """Delete what no run needs and return how many values that were.

        The keys are listed first and judged by what the control server says after that, so that a value which is just
        being written for the step of the run is not taken for one of the past.
        """
        by_run: dict[str, list[str]] = {}
        for key in filter(_is_chunk, self.blobs.keys_of("run:")):
            by_run.setdefault(key.split(":")[1], []).append(key)
        orphans = [key for run, its_keys in by_run.items() for key in self._orphans(run, its_keys)]
        self.blobs.unlink(orphans)
        return len(orphans)

    def _orphans(self, run: str, its_keys: list[str]) -> list[str]:
        try:
            header = self.header(run)
        except RunNotFoundError:
            # One that is being created has no record yet; its chunks expire until it has.
            return [key for key in its_keys if not _is_snapshot(key) or self.blobs.call("TTL", key) == -1]
        tests = {"blob": self._is_old_snapshot(run), "mean": self._is_old_mean(header), "gradient": _is_past(header)}
        parts = [(key, key.split(":")) for key in its_keys]
        return [key for key, names in parts if tests[names[2]](names)]

    def _is_old_snapshot(self, run: str) -> Test:
        registered = {
            token.decode("ascii", "replace") for token in self.control.call("HKEYS", keys.versions(run))
        }
        return lambda names: names[3] not in registered

    def _is_old_mean(self, header: RunHeader) -> Test:
        reply = self.control.call("HGETALL", keys.log(header.run))
        tokens = {
            step.decode("ascii", "replace"): parse_entry(header.run, int(step), entry).token
            for step, entry in zip(reply[::2], reply[1::2], strict=True)
        }
        is_past = _is_past(header)
        return lambda names: is_past(names) and tokens.get(names[3]) != names[4]


def _is_chunk(key: str) -> bool:
    """Return whether a key is a chunk's: records of runs lie beside them where one server is for both."""
    names = key.split(":")
    return len(names) == CHUNK_NAMES.get("".join(names[2:3])) and RUN_ID.fullmatch(names[1]) is not None


def _is_snapshot(key: str) -> bool:
    return key.split(":")[2] == "blob"


def _is_past(header: RunHeader) -> Test:
    """Return a test of a key's parts: whether it is of a step that the run has made, or of a run that has ended."""
    ended = header.state in ENDED
    return lambda names: names[3].isdecimal() and (ended or int(names[3]) < header.step)
