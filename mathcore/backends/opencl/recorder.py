"""What stands in for a device's queue while a step is recorded: it writes commands down instead of enqueueing them.

Memory that is asked for in the meantime has no buffer yet: see ``arena.py``. A use that needs values on the host cannot
be recorded. Then what was written down so far is run, and all that follows goes to the queue itself, so that the step
is completed as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from mathcore.backends.opencl.arena import Temporary, TracedMemory
from mathcore.backends.opencl.commands import Argument, Copy, Fetch, Fill, Launch, Place, Step, Upload
from mathcore.backends.opencl.fetching import DeviceFetch
from mathcore.backends.opencl.memory import Memory, MemoryPool
from mathcore.backends.opencl.program import Numbers, Vectors, pack_number, pack_vector
from mathcore.backends.opencl.queue import DeviceQueue
from mathcore.backends.opencl.source import Macros

MOST_KERNELS = 64
"""Objects of one kernel in a recording, each with numbers of its own; making one takes 0.4 to 1.3 ms, setting all the
numbers of a launch 4 us."""


class TracingPool:
    """The pool of a recorder: gives memory without buffers."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def allocate(self, size: int) -> Memory:
        """Return memory that gets a buffer later."""
        memory = Temporary.allocate(size)
        self._recorder.temporaries.append(memory.temporary)
        return memory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recorder.queue.pool, name)


class Recorder:
    """A queue that writes down what it is told; everything else it asks the queue that it stands for.

    Attributes:
        queue: that queue.
        steps: what was written down, in order.
        temporaries: the memory that was asked for.
        stopped: why recording ended early; None: it did not.
    """

    def __init__(self, queue: DeviceQueue, stop: Callable[[Recorder], None]) -> None:
        """Record; ``stop`` is called once if something cannot be recorded, and must run what was written down."""
        self.queue = queue
        self.steps: list[Step] = []
        self.temporaries: list[Temporary] = []
        self.stopped: str | None = None
        self._stop = stop
        self._pool = TracingPool(self)
        self._kernels: dict[Hashable, Any] = {}
        self._made: dict[Hashable, list[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.queue, name)

    @property
    def pool(self) -> TracingPool | MemoryPool:
        """Where memory comes from."""
        return self._pool if self.stopped is None else self.queue.pool

    def stop(self, reason: str) -> None:
        """Run what was written down, and pass on what comes."""
        if self.stopped is None:
            self.stopped = reason
            self._stop(self)

    def launch(
        self,
        file: str,
        name: str,
        items: int,
        buffers: tuple[Memory, ...],
        numbers: Numbers,
        macros: Macros = (),
        *,
        local: int | None = None,
    ) -> None:
        """As ``DeviceQueue.launch``."""
        if self.stopped is not None:
            self.queue.launch(file, name, items, buffers, numbers, macros, local=local)
        elif items:
            local = local or self.queue.tuning.local
            values = tuple(pack_number(number) for number in (items, *numbers))
            kernel = self._kernel(values, self.queue.programs.new_kernel, file, name, macros)
            self._launch(kernel, (*buffers, *values), (-(-items // local) * local,), (local,))

    def launch_packed(
        self, file: str, name: str, items: int, buffers: tuple[Memory, ...], vectors: Vectors, macros: Macros = ()
    ) -> None:
        """As ``DeviceQueue.launch_packed``."""
        if self.stopped is not None:
            self.queue.launch_packed(file, name, items, buffers, vectors, macros)
        elif items:
            local = self.queue.tuning.local
            values = tuple(pack_vector(vector) for vector in ((items, *vectors[0]), *vectors[1:]))
            kernel = self._kernel(values, self.queue.programs.new_kernel, file, name, macros)
            self._launch(kernel, (*buffers, *values), (-(-items // local) * local,), (local,))

    def launch_text(
        self,
        text: str,
        name: str,
        arguments: tuple[Memory | bytes, ...],
        *,
        global_size: tuple[int, ...],
        local_size: tuple[int, ...] | None,
    ) -> None:
        """As ``DeviceQueue.launch_text``."""
        if self.stopped is not None:
            self.queue.launch_text(text, name, arguments, global_size=global_size, local_size=local_size)
        elif 0 not in global_size:
            values = tuple(argument for argument in arguments if isinstance(argument, bytes))
            kernel = self._kernel(values, self.queue.programs.new_text_kernel, name, text)
            self._launch(kernel, arguments, global_size, local_size)

    def upload(self, memory: Memory, values: np.ndarray) -> None:
        """As ``DeviceQueue.upload``; each replay writes the same values."""
        if self.stopped is not None:
            self.queue.upload(memory, values)
        elif values.nbytes:
            self.steps.append(Upload(self._place(memory), values.copy()))

    def download(self, memory: Memory, values: np.ndarray) -> None:
        """As ``DeviceQueue.download``; ends the recording."""
        self.stop("expected a step that leaves its values on the device, got one that reads an array on the host")
        self.queue.download(memory, values)

    def fetch(self, memory: Memory, fetched: DeviceFetch) -> None:
        """As ``DeviceQueue.fetch``; each replay fetches anew."""
        if self.stopped is not None:
            self.queue.fetch(memory, fetched)
        elif fetched.values.nbytes:
            self.steps.append(Fetch(self._place(memory), fetched))

    def finish(self) -> None:
        """As ``DeviceQueue.finish``; ends the recording."""
        self.stop("expected a step that leaves its values on the device, got one that waits for them")
        self.queue.finish()

    def copy(
        self, source: Memory, destination: Memory, size: int, *, source_offset: int = 0, destination_offset: int = 0
    ) -> None:
        """As ``DeviceQueue.copy``."""
        if self.stopped is not None:
            self.queue.copy(
                source, destination, size, source_offset=source_offset, destination_offset=destination_offset
            )
        elif size:
            self.steps.append(
                Copy(self._place(source), self._place(destination), size, source_offset, destination_offset)
            )

    def fill(self, memory: Memory, value: np.ndarray, size: int) -> None:
        """As ``DeviceQueue.fill``."""
        if self.stopped is not None:
            self.queue.fill(memory, value, size)
        elif size:
            self.steps.append(Fill(self._place(memory), value.copy(), size))

    def _launch(
        self,
        kernel: Any,
        arguments: tuple[Memory | bytes, ...],
        global_size: tuple[int, ...],
        local_size: tuple[int, ...] | None,
    ) -> None:
        places: tuple[Argument, ...] = tuple(
            argument if isinstance(argument, bytes) else self._place(argument) for argument in arguments
        )
        self.steps.append(Launch(kernel, places, global_size, local_size))

    def _kernel(self, values: tuple[bytes, ...], make: Callable[..., Any], *arguments: Hashable) -> Any:
        """Return a kernel object: one for launches with the same numbers, as long as they are not too many."""
        if (arguments, values) not in self._kernels:
            made = self._made.setdefault(arguments, [])
            if len(made) < MOST_KERNELS:
                made.append(make(*arguments))
            self._kernels[arguments, values] = made[-1]
        return self._kernels[arguments, values]

    def _place(self, memory: Memory) -> Place:
        """Note a use of memory by the next command; what a recording did not ask for itself is kept alive."""
        if not isinstance(memory, TracedMemory) or memory.buffer is not None:
            return memory
        memory.temporary.use(len(self.steps))
        if memory.whole is None:
            return memory.temporary, None
        region = next(size for reference, size in memory.temporary.parts if reference() is memory)
        return memory.temporary, (memory.offset, max(region, 1))
