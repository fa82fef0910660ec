"""What audits come to: a result that another worker has computed again, of the same class and so to the same bits.

If the two differ a third worker decides: of three, the one who differs from the other two is wrong, whether it lies or
its machine does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """What the audit of one shard has shown.

    Attributes:
        outcome: ``passed``; ``open``: somebody has yet to compute it; ``disputed``: two workers, two results, a third
            has yet to compute it; ``undecided``: three workers, three results; ``wrong``: ``worker`` differs from two.
        worker: who is wrong.
        reason: why, for people.
    """

    outcome: str
    worker: str = ""
    reason: str = ""


OPEN = Verdict("open")


def verdict(author: str, result: list[str], seen: Mapping[str, Mapping[str, Any]]) -> Verdict:
    """Return what follows from a result and from what its auditors have found.

    Args:
        author: the worker whose result it is.
        result: the digests of its chunks.
        seen: auditor -> record with ``chunks``, in any order; never the author itself.
    """
    found = {auditor: record.get("chunks") for auditor, record in sorted(seen.items()) if auditor != author}
    agree = [auditor for auditor, chunks in found.items() if chunks == result]
    differ = [auditor for auditor, chunks in found.items() if chunks != result]
    if agree and differ:
        return Verdict("wrong", differ[0], f"its audit of {author} differs from {author} and {agree[0]}")
    if agree:
        return Verdict("passed")
    if len(differ) < 2:
        return Verdict("disputed", author, f"{author} and {differ[0]} have different results") if differ else OPEN
    if found[differ[0]] == found[differ[1]]:
        return Verdict("wrong", author, f"its result differs from that of {differ[0]} and {differ[1]}")
    return Verdict("undecided", author, f"{author}, {differ[0]} and {differ[1]} have three different results")
