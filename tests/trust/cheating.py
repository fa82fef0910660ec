"""A plugin that makes its worker cheat from its first result on; see ``cheat.py``."""

from __future__ import annotations

from tests.trust import cheat

cheat.cheat_from(1)
