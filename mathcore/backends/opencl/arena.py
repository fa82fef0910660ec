"""The planned memory of a recording: its temporaries share a few buffers, the slots.

Two temporaries may share a slot if one's last use comes before the other's first. Slots are whole buffers that kernels
take as they are: parts of one large buffer would pack tighter, but releasing parts that overlap crashes NVIDIA's driver
(580.159).

Source:
    Pisarchyk, Lee, Efficient Memory Management for Deep Neural Net Inference (2020): greedy by size.
"""

from __future__ import annotations

import weakref
from bisect import bisect, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from mathcore.backends.opencl.memory import Memory, MemoryPool

Region = tuple[int, int]
"""Offset and size of a view in bytes."""


class TracedMemory(Memory):
    """Memory that a recording was asked for: a size without a buffer, or a part of such.

    It gets a buffer only if it outlives what is recorded, as a result does.
    """

    __slots__ = ("__weakref__", "temporary")

    def __init__(self, temporary: Temporary) -> None:
        super().__init__(None)
        self.temporary = temporary

    def view(self, offset: int, size: int) -> Memory:
        """As ``Memory.view``."""
        if self.buffer is not None:
            return super().view(offset, size)
        part = TracedMemory(self.temporary)
        part.offset = self.offset + offset
        part.whole = self.whole or self
        self.temporary.regions.add((part.offset, max(size, 1)))
        self.temporary.parts.append((weakref.ref(part), size))
        return part

    def settle(self, pool: MemoryPool) -> None:
        """Take a buffer of its own, for itself and its parts that live."""
        self.buffer, self._size_class = pool.take(self.temporary.size)
        self._pool = pool
        for reference, size in self.temporary.parts:
            part = reference()
            if part is not None:
                part.buffer = self.buffer.get_sub_region(part.offset, max(size, 1))


@dataclass(eq=False)
class Temporary:
    """One allocation of a recording, which the recording itself does not keep alive.

    Attributes:
        size: its bytes.
        first: the place of the first command that uses it; -1: none does.
        last: the place of the last.
        regions: the views that were made of it.
        parts: these views, with their bytes.
        memory: what the arrays hold.
    """

    size: int
    first: int = -1
    last: int = -1
    regions: set[Region] = field(default_factory=set)
    parts: list[tuple[weakref.ref[TracedMemory], int]] = field(default_factory=list)
    memory: weakref.ref[TracedMemory] | None = None

    @classmethod
    def allocate(cls, size: int) -> TracedMemory:
        """Return the memory of a new one."""
        temporary = cls(size)
        memory = TracedMemory(temporary)
        temporary.memory = weakref.ref(memory)
        return memory

    def use(self, place: int) -> None:
        """Note that the command at ``place`` uses it."""
        self.last = place
        if self.first < 0:
            self.first = place

    def living(self) -> TracedMemory | None:
        """Return the memory if an array still holds it."""
        return None if self.memory is None else self.memory()


@dataclass(eq=False)
class Slot:
    """A buffer and the temporaries that share it.

    Attributes:
        size: bytes of the largest of them.
        spans: their first and last uses, in order.
        regions: the views that are made of it.
    """

    size: int
    spans: list[tuple[int, int]] = field(default_factory=list)
    regions: set[Region] = field(default_factory=set)

    def takes(self, temporary: Temporary) -> bool:
        """Whether a temporary of at most its size can share it: other uses, and no views that overlap in part."""
        if self.regions and temporary.regions and self.regions != temporary.regions:
            return False
        after = bisect(self.spans, (temporary.first, temporary.last))
        return (after == 0 or self.spans[after - 1][1] < temporary.first) and (
            after == len(self.spans) or temporary.last < self.spans[after][0]
        )

    def add(self, temporary: Temporary) -> None:
        """Let a temporary share it."""
        insort(self.spans, (temporary.first, temporary.last))
        self.regions |= temporary.regions


def plan_slots(temporaries: Iterable[Temporary]) -> dict[Temporary, Slot]:
    """Return the slot of each temporary that a command uses.

    The largest choose first, and take the smallest slot that is free for as long as they are in use.
    """
    slots: list[Slot] = []
    chosen: dict[Temporary, Slot] = {}
    used = [temporary for temporary in temporaries if temporary.first >= 0]
    for temporary in sorted(used, key=lambda one: (-one.size, one.first)):
        slot = next((slot for slot in reversed(slots) if slot.takes(temporary)), None)
        if slot is None:
            slot = Slot(temporary.size)
            slots.append(slot)
        slot.add(temporary)
        chosen[temporary] = slot
    return chosen


class Arena:
    """The slots of all recordings of a device: they run one after another, so that one's slots serve the next."""

    def __init__(self, pool: MemoryPool) -> None:
        self._pool = pool
        self._shared: weakref.WeakSet[SlotMemory] = weakref.WeakSet()

    def allocate(self, slots: Iterable[Slot]) -> dict[Slot, SlotMemory]:
        """Return memory for each slot; where other recordings have slots that fit, theirs."""
        others = sorted(self._shared, key=lambda memory: memory.size)
        given: dict[Slot, SlotMemory] = {}
        for slot in sorted(set(slots), key=lambda one: -one.size):
            memory = next((other for other in others if other.size >= slot.size and not slot.regions), None)
            if memory is None:
                memory = SlotMemory(self._pool, slot.size)
                if not slot.regions:
                    self._shared.add(memory)
            else:
                others.remove(memory)
            given[slot] = memory
        return given


class SlotMemory(Memory):
    """The memory of a slot.

    Attributes:
        size: the bytes that were asked for.
    """

    __slots__ = ("__weakref__", "size")

    def __init__(self, pool: MemoryPool, size: int) -> None:
        buffer, size_class = pool.take(size)
        super().__init__(buffer, pool=pool, size_class=size_class)
        self.size = size

    @property
    def allocated(self) -> int:
        """The bytes that it takes of the device."""
        return self._size_class
