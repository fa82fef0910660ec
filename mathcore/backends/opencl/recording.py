"""Recording what a function enqueues, and replaying it as a bare loop of enqueues.

The function runs once with a recorder in place of the queue; nothing is computed meanwhile. Then its temporaries are
planned into slots, kernel objects are made, and the recording is replayed for the first time. A replay costs 2.4 us a
launch on the host, where the function takes 13 to 30 us and the time of its Python code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from mathcore.backends.opencl.arena import Region, Temporary, TracedMemory, plan_slots
from mathcore.backends.opencl.commands import Place, prepare
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.queue import Command, DeviceQueue
from mathcore.backends.opencl.recorder import Recorder
from mathcore.backends.recording import Recording, RepeatedCall

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays

T = TypeVar("T")


def record(backend: OpenCLArrays, function: Callable[[], T]) -> Recording[T]:
    """Call a function and return a recording of the work that it gave the device; see ``ArrayBackend.record``."""
    queue = backend.queue
    if isinstance(queue, Recorder):
        return RepeatedCall(function, function(), "expected a recording of its own, got one inside another")
    recorder = Recorder(queue, _run_once)
    backend.queue = cast(DeviceQueue, recorder)
    try:
        result = function()
    except BaseException:
        recorder.stop("expected a step without errors, got one")  # as far as it came, its work is done
        raise
    finally:
        backend.queue = queue
    if recorder.stopped is not None:
        return RepeatedCall(function, result, recorder.stopped)
    recording = DeviceRecording(recorder, result)
    recording.replay()
    return recording


def _run_once(recorder: Recorder) -> None:
    recorder.queue.run(Prepared(recorder).commands)


class DeviceRecording(Generic[T]):
    """Commands that are ready to be enqueued again, and the memory that they use.

    Attributes:
        planned_bytes: device memory of the slots.
        reason: None.
    """

    reason: str | None = None

    def __init__(self, recorder: Recorder, result: T) -> None:
        self._queue = recorder.queue
        self._result = result
        self._prepared = Prepared(recorder)
        self.planned_bytes = self._prepared.planned_bytes

    @property
    def result(self) -> T:
        """What the function returned. The next replay overwrites its arrays."""
        return self._result

    def replay(self) -> T:
        """Enqueue everything again and return the result."""
        self._queue.run(self._prepared.commands)
        return self._result


class Prepared:
    """What a recorder wrote down, with memory for it.

    Attributes:
        commands: what to enqueue.
        planned_bytes: device memory of the slots.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._living = _settle(recorder)
        chosen = plan_slots(one for one in recorder.temporaries if one not in self._living)
        given = recorder.queue.arena.allocate(chosen.values())
        self._slots = {temporary: given[slot] for temporary, slot in chosen.items()}
        self.planned_bytes = sum(memory.allocated for memory in given.values())
        self._parts: dict[tuple[Temporary, Region], Memory] = {}
        self._outside: set[Memory] = set()
        self.commands: Sequence[Command] = prepare(recorder.queue, recorder.steps, self._find)

    def _find(self, place: Place) -> Memory:
        """Return memory with a buffer, and keep it: kernels do not."""
        if isinstance(place, Memory):
            self._outside.add(place)
            return place
        temporary, region = place
        memory = self._living.get(temporary) or self._slots[temporary]
        if region is None:
            return memory
        if (temporary, region) not in self._parts:
            self._parts[temporary, region] = memory.view(*region)
        return self._parts[temporary, region]


def _settle(recorder: Recorder) -> dict[Temporary, TracedMemory]:
    """Return the temporaries that arrays still hold, such as results, with buffers of their own."""
    living = {one: memory for one in recorder.temporaries if (memory := one.living()) is not None}
    for memory in living.values():
        memory.settle(recorder.queue.pool)
    return living
