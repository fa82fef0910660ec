"""Makes a worker cheat: the gradients that it sends point the wrong way.

As a plugin: ``tests.trust.cheating`` does so from the first result on, ``tests.trust.cheating_later`` from the tenth.
"""

from __future__ import annotations

from dataclasses import replace

from grid.session import Gradient, Session

honest_encode = Session.encode


def cheat_from(result: int) -> None:
    """Negate every gradient from the ``result``-th (the first is 1) on."""
    made = 0

    def encode(self: Session, gradient: Gradient, *, step: int, shard: int) -> bytes:
        nonlocal made
        made += 1
        if made >= result:
            gradient = replace(gradient, vector=self.backend.elementwise("negative", gradient.vector))
        return honest_encode(self, gradient, step=step, shard=shard)

    Session.encode = encode  # type: ignore[method-assign]  # what a cheat does

