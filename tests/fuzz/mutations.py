"""Ways to damage valid bytes, on a seed: what a network, a disk or a stranger may do to them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

VALUES: list[Any] = [
    None, True, False, -1, 0, 1, 2**31, 2**53, 2**63, 10**400, 0.5, -0.0, 1e308, "", "0", "x" * 5000, "\0", "é\ud800",
    "../../etc/passwd", "NaN", [], {}, [[]], {"a": {"b": {}}}, ["0123456789ab", 0], "0123456789ab",
]  # fmt: skip
LITERALS = [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"0x10", b"01", b'"\\ud800"', b"1" * 5000]


def flip_bits(data: bytes, chance: random.Random) -> bytes:
    """Flip one to eight bits."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(8 * len(damaged))
        damaged[place // 8] ^= 1 << place % 8
    return bytes(damaged)


def cut(data: bytes, chance: random.Random) -> bytes:
    """Lose the end, the beginning, or a piece."""
    first, last = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice([data[:first], data[last:], data[:first] + data[last:]])


def lengthen(data: bytes, chance: random.Random) -> bytes:
    """Put noise or a piece of the same bytes somewhere."""
    place = chance.randrange(len(data) + 1)
    more = chance.choice([chance.randbytes(chance.randint(1, 64)), data[: chance.randint(1, 64)]])
    return data[:place] + more + data[place:]


def overwrite(data: bytes, chance: random.Random) -> bytes:
    """Replace a piece with noise, ones or zeros."""
    size = min(len(data), chance.choice([1, 2, 4, 8, 16]))
    place = chance.randrange(len(data) - size + 1)
    piece = chance.choice([chance.randbytes(size), b"\xff" * size, bytes(size)])
    return data[:place] + piece + data[place + size :]


def noise(data: bytes, chance: random.Random) -> bytes:
    """Forget the bytes."""
    return chance.randbytes(chance.randint(0, 300))


BYTES: list[Callable[[bytes, random.Random], bytes]] = [flip_bits, cut, lengthen, overwrite, noise]


def edit_json(data: bytes, chance: random.Random) -> bytes:
    """Change a field somewhere in a JSON object: another value or type, gone, or one more; or nest it deeply."""
    kind = chance.randrange(12)
    if kind == 0:
        return chance.choice([b"[" * 20_000, b'{"a":' * 20_000, b"[" * 3_000 + b"]" * 3_000])
    if kind == 1:
        value = chance.choice(LITERALS)
        numbers = [place for place, byte in enumerate(data) if byte == ord(":")]
        place = chance.choice(numbers) + 1 if numbers else len(data)
        return data[:place] + value + b"," + data[place:]
    value = json.loads(data)
    holders = list(_objects(value))
    holder = chance.choice(holders)
    name = chance.choice([*holder, "more"]) if isinstance(holder, dict) else chance.randrange(len(holder) + 1)
    if isinstance(holder, dict) and kind == 2 and name in holder:
        del holder[name]
    elif isinstance(holder, dict):
        holder[name] = chance.choice(VALUES)
    else:
        holder[name : name + 1] = [chance.choice(VALUES)]
    return json.dumps(value).encode()


def damaged(data: bytes, chance: random.Random, *, is_json: bool = False) -> bytes:
    """Return other bytes than ``data``, by one of the ways above."""
    ways = [*BYTES, edit_json, edit_json, edit_json] if is_json else BYTES
    while True:
        found = chance.choice(ways)(data, chance)
        if found != data:
            return found


def _objects(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _objects(inner)
