"""Seals: those who share the secret know who wrote a record and where; nobody else can write one."""

from __future__ import annotations

from typing import Any

import pytest

from grid.errors import SealError, SettingsError
from grid.store import Seals, Store

SECRET = b"sixteen bytes or more"
RECORD = {"loss": 0.1, "examples": 32, "chunks": ["a" * 64]}


def test_a_sealed_record_is_known_by_all_who_share_the_secret() -> None:
    sealed = Seals(SECRET, "host:1").seal(RECORD, context="run 1 step 2 shard 3")
    Seals(SECRET, "host:2").check(sealed, context="run 1 step 2 shard 3")
    assert sealed["worker"] == "host:1"
    assert len(sealed["seal"]) == 64


@pytest.mark.parametrize("change", [
    {"loss": 0.2}, {"chunks": ["b" * 64]}, {"worker": "host:2"}, {"seal": "0" * 64}, {"seal": "é"}, {"seal": None},
    {"more": 1}, {"worker": ["host:1"]}, {"worker": "x" * 1000},
])  # fmt: skip
def test_a_changed_record_is_refused(change: dict[str, Any]) -> None:
    sealed = Seals(SECRET, "host:1").seal(RECORD, context="here")
    with pytest.raises(SealError, match="here: "):
        Seals(SECRET, "host:1").check({**sealed, **change}, context="here")


def test_a_record_is_worth_nothing_elsewhere_nor_with_another_secret() -> None:
    sealed = Seals(SECRET, "host:1").seal(RECORD, context="here")
    with pytest.raises(SealError, match="forged or damaged"):
        Seals(SECRET, "host:1").check(sealed, context="there")
    with pytest.raises(SealError, match="forged or damaged"):
        Seals(b"another secret of some length", "host:1").check(sealed, context="here")


def test_without_a_secret_records_name_their_worker_and_nothing_is_checked() -> None:
    seals = Seals(None, "host:1")
    assert seals.seal(RECORD, context="here") == {**RECORD, "worker": "host:1"}
    seals.check({"anything": 1}, context="here")


def test_a_process_with_another_secret_or_none_is_told_so(store: Store) -> None:
    store.control.call("DEL", "secret")
    store.agree_on_secret(None)
    store.agree_on_secret(SECRET)
    store.agree_on_secret(SECRET)
    for other in (b"another secret of some length", None):
        with pytest.raises(SettingsError, match="GRID_SECRET: expected the secret of this grid"):
            store.agree_on_secret(other)
    store.control.call("DEL", "secret")
