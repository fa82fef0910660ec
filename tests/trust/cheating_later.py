"""A plugin that makes its worker cheat once it is trusted; see ``cheating.py``."""

from __future__ import annotations

from tests.trust import cheat

cheat.cheat_from(10)
