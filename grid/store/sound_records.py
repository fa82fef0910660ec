"""Records of shards that anybody may have written: those that are not sound are logged and taken out.

A shard without a record is computed again, so what a stranger writes costs time and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from grid.errors import SealError, StoreError
from grid.store import trust_scripts
from grid.store.base import StoreBase
from grid.store.records import parse_record

log = logging.getLogger(__name__)

Check = Callable[[Mapping[str, Any], str], None]


class SoundRecords(StoreBase):
    """Reads hashes of shard -> record."""

    def sound_shards(
        self, key: str, reply: list[bytes], *, shards: int, what: str, check: Check = lambda record, what: None
    ) -> dict[int, dict[str, Any]]:
        """Return shard -> record of a hash that came as a flat list, in shard order, without those that are not sound.

        Args:
            key: of the hash.
            reply: its fields and values.
            shards: how many the run has.
            what: the place of the hash, such as ``run 4f.. step 3``; with the shard, it is what records are sealed for.
            check: raises StoreError for a record that does not say what it must.
        """
        found = {}
        for field, data in zip(reply[::2], reply[1::2], strict=True):
            try:
                shard = _shard(field, shards, what)
                place = f"{what} shard {shard}"
                record = parse_record(data, what=place)
                self.seals.check(record, context=place)
                check(record, place)
                found[shard] = record
            except (StoreError, SealError) as error:
                log.error("a record was refused, its shard is computed again: %s", error)
                self.control.run_script(trust_scripts.DROP_FIELD, [key], [field, data])
        return dict(sorted(found.items()))


def _shard(field: bytes, shards: int, what: str) -> int:
    shard = int(field) if field.isdigit() and len(field) < 16 else -1
    if not 0 <= shard < shards or str(shard).encode() != field:
        raise StoreError(f"{what}: expected shards 0 to {shards - 1}, got {field[:20]!r}")
    return shard
