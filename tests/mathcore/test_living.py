"""A record of living objects forgets the dead and counts no one twice."""

from __future__ import annotations

from mathcore.living import FEW, Living


class Thing:
    pass


def test_the_living_come_once_each_in_order() -> None:
    living: Living[Thing] = Living()
    things = [Thing() for _ in range(3)]
    for thing in [*things, *reversed(things)]:
        living.add(thing)
    del things[1], thing
    assert list(living) == things


def test_a_million_dead_take_no_room() -> None:
    living: Living[Thing] = Living()
    stays = Thing()
    living.add(stays)
    for _ in range(1_000_000):
        living.add(Thing())
    assert list(living) == [stays]
    assert len(living._references) <= FEW


def test_many_living_are_all_remembered() -> None:
    living: Living[Thing] = Living()
    things = [Thing() for _ in range(5 * FEW)]
    for thing in things:
        living.add(thing)
    assert list(living) == things
