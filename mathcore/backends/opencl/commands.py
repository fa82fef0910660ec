"""What a recording is made of: launches, copies, fills, uploads, fetches, with the places of their memory still open.

``prepare`` turns them into commands for ``DeviceQueue.run``. A kernel object serves all launches with its numbers; its
buffers are set again before a launch where they differ from those of the launch before, 0.2 us each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from mathcore.backends.opencl.arena import Region, Temporary
from mathcore.backends.opencl.fetching import DeviceFetch
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.program import set_value
from mathcore.backends.opencl.queue import Command, DeviceQueue

Place = Memory | tuple[Temporary, Region | None]
"""Memory that was there before, or a temporary or a view of one."""
Argument = Place | bytes
Find = Callable[[Place], Memory]
"""From a place to memory with a buffer."""


@dataclass(frozen=True)
class Launch:
    """A launch of a kernel object."""

    kernel: Any
    arguments: tuple[Argument, ...]
    global_size: tuple[int, ...]
    local_size: tuple[int, ...] | None


@dataclass(frozen=True)
class Copy:
    """A copy on the device, in bytes."""

    source: Place
    destination: Place
    size: int
    source_offset: int
    destination_offset: int


@dataclass(frozen=True)
class Fill:
    """A fill with copies of one element."""

    destination: Place
    value: np.ndarray
    size: int


@dataclass(frozen=True)
class Upload:
    """Host values, the same in each replay."""

    destination: Place
    values: np.ndarray


@dataclass(frozen=True)
class Fetch:
    """A copy to the host."""

    source: Place
    fetched: DeviceFetch


Step = Launch | Copy | Fill | Upload | Fetch


def prepare(queue: DeviceQueue, steps: Sequence[Step], find: Find) -> list[Command]:
    """Return the commands of a recording. Kernels do not keep their buffers alive: the caller must."""
    launches = [step for step in steps if isinstance(step, Launch)]
    bound = {id(launch.kernel): _arguments(launch, find) for launch in launches}  # the last launch of each counts
    for launch in {id(launch.kernel): launch for launch in launches}.values():
        for place, argument in enumerate(bound[id(launch.kernel)]):
            _setter(launch.kernel, place, argument)()
    commands: list[Command] = []
    for step in steps:
        match step:
            case Launch():
                arguments, before = _arguments(step, find), bound[id(step.kernel)]
                commands += [
                    _setter(step.kernel, place, argument)
                    for place, argument in enumerate(arguments)
                    if argument is not before[place] and argument != before[place]
                ]
                commands.append(queue.enqueue(step.kernel, step.global_size, step.local_size))
                bound[id(step.kernel)] = arguments
            case Copy():
                offsets = {"source_offset": step.source_offset, "destination_offset": step.destination_offset}
                commands.append(partial(queue.copy, find(step.source), find(step.destination), step.size, **offsets))
            case Fill():
                commands.append(partial(queue.fill, find(step.destination), step.value, step.size))
            case Upload():
                commands.append(partial(queue.upload, find(step.destination), step.values))
            case Fetch():
                commands.append(partial(queue.fetch, find(step.source), step.fetched))
    return commands


def _arguments(launch: Launch, find: Find) -> list[Any]:
    return [argument if isinstance(argument, bytes) else find(argument).buffer for argument in launch.arguments]


def _setter(kernel: Any, place: int, argument: Any) -> Command:
    return partial(set_value if isinstance(argument, bytes) else type(kernel).set_arg, kernel, place, argument)
