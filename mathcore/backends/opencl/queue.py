"""One device's context and in-order queue: what launches kernels and moves bytes.

Nothing waits but reading and ``finish``. Commands run in the order in which they were enqueued.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mathcore.backends.opencl.arena import Arena
from mathcore.backends.opencl.devices import kind, open_device
from mathcore.backends.opencl.fetching import DeviceFetch
from mathcore.backends.opencl.memory import Memory, MemoryPool
from mathcore.backends.opencl.program import Numbers, Programs, Vectors, set_value
from mathcore.backends.opencl.source import Macros
from mathcore.backends.opencl.tuning import tune
from mathcore.backends.opencl.vendors import load_pyopencl
from mathcore.errors import DeviceError

MOST_UPLOADS = 64
LARGE_UPLOAD_BYTES = 1 << 24

Command = Callable[[], object]


class DeviceQueue:
    """The queue of one device.

    Attributes:
        device: the pyopencl device.
        kind: ``"gpu"``, ``"cpu"`` or ``"accelerator"``.
        tuning: how kernels are cut up on it.
        pool: its memory.
        arena: the memory that recordings share.
        alignment: what the offset of a view must be a multiple of, in bytes.
    """

    def __init__(self, *, device: str | None, share: tuple[int, int] | None, cache_dir: Path | None) -> None:
        self._cl = load_pyopencl()
        self.device = open_device(device, share)
        self.kind = kind(self.device)
        self.tuning = tune(self.device, self.kind)
        self._context = self._cl.Context([self.device])  # Intel's runtime needs it alive beside the queue
        self._queue = self._cl.CommandQueue(self._context)
        self._programs = Programs(self._context, self.device, self.tuning.macros, cache_dir)
        self._process = os.getpid()
        self.alignment = self.device.mem_base_addr_align // 8
        self._uploads: list[Any] = []
        self._idle = True  # whether all that was enqueued is done
        self.pool = MemoryPool(self._context)
        self.arena = Arena(self.pool)

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
        """Enqueue kernel ``name`` of ``file`` for that many work-items.

        Its arguments are the buffers, the number of items, then the numbers. ``local`` is the work-group size of a file
        that has its own; None: that of the device.

        Raises:
            DeviceError: if the file does not compile, the device cannot run it, or this process is a fork of the one
                that opened the device.
        """
        if items == 0:
            return
        self.check_process()
        self._idle = False
        kernel = self._programs.kernel(file, name, macros, len(buffers), (items, *numbers))
        local = local or self.tuning.local
        try:
            for place, memory in enumerate(buffers):
                kernel.set_arg(place, memory.buffer)
            self._cl.enqueue_nd_range_kernel(self._queue, kernel, (-(-items // local) * local,), (local,))
        except self._cl.Error as error:
            raise self._failure(name, error) from None

    def launch_packed(
        self, file: str, name: str, items: int, buffers: tuple[Memory, ...], vectors: Vectors, macros: Macros = ()
    ) -> None:
        """Enqueue kernel ``name`` of ``file``, whose numbers differ from launch to launch, for that many work-items.

        Its arguments are the buffers, then ``vectors`` as int16, the first of them with ``items`` put in front.

        Raises:
            DeviceError: as ``launch`` does.
        """
        if items == 0:
            return
        self.check_process()
        self._idle = False
        kernel = self._programs.packed_kernel(file, name, macros)
        local = self.tuning.local
        try:
            kernel.set_arguments([memory.buffer for memory in buffers], ((items, *vectors[0]), *vectors[1:]))
            self._cl.enqueue_nd_range_kernel(self._queue, kernel.kernel, (-(-items // local) * local,), (local,))
        except self._cl.Error as error:
            raise self._failure(name, error) from None

    def launch_text(
        self,
        text: str,
        name: str,
        arguments: tuple[Memory | bytes, ...],
        *,
        global_size: tuple[int, ...],
        local_size: tuple[int, ...] | None,
    ) -> None:
        """Enqueue kernel ``name`` of a user's own text; its arguments are memory, or the bytes of a number.

        Raises:
            DeviceError: if the text does not compile, the device cannot run it, or this process is a fork of the one
                that opened the device.
        """
        if 0 in global_size:
            return
        self.check_process()
        kernel = self._programs.text_kernel(name, text)
        self._idle = False
        try:
            for place, argument in enumerate(arguments):
                if isinstance(argument, bytes):
                    set_value(kernel, place, argument)
                else:
                    kernel.set_arg(place, argument.buffer)
            self._cl.enqueue_nd_range_kernel(self._queue, kernel, global_size, local_size)
        except self._cl.Error as error:
            raise DeviceError(
                f"{name}: expected {self.device.name.strip()} to run {global_size} work-items in groups of "
                f"{local_size or 'its choice'}, got {error}; choose other sizes"
            ) from None

    def upload(self, memory: Memory, values: np.ndarray) -> None:
        """Copy a contiguous host array into ``memory``; it may change afterwards."""
        if values.nbytes == 0:
            return
        self.check_process()
        try:
            # Nothing is gained by a copy that could be read later if there is nothing to wait for, or if it is large.
            if self._idle or values.nbytes >= LARGE_UPLOAD_BYTES:
                self._cl.enqueue_copy(self._queue, memory.buffer, values)
                return
            if len(self._uploads) >= MOST_UPLOADS:
                del self._uploads[: MOST_UPLOADS // 2]
            # The event keeps the host array; dropping an unfinished one waits for it.
            self._uploads.append(self._cl.enqueue_copy(self._queue, memory.buffer, values.copy(), is_blocking=False))
        except self._cl.Error as error:
            raise self._failure("writing", error) from None

    def download(self, memory: Memory, values: np.ndarray) -> None:
        """Wait for all that was enqueued and fill the contiguous host array ``values`` from ``memory``."""
        if values.nbytes == 0:
            return
        self.check_process()
        try:
            self._cl.enqueue_copy(self._queue, values, memory.buffer)
        except self._cl.Error as error:
            raise self._failure("reading", error) from None
        self._uploads.clear()
        self._idle = True

    def fetch(self, memory: Memory, fetched: DeviceFetch) -> None:
        """Enqueue a copy of ``memory`` into the host array of ``fetched``; nothing waits."""
        if fetched.values.nbytes == 0:
            return
        self.check_process()
        self._idle = False
        try:
            fetched.event = self._cl.enqueue_copy(self._queue, fetched.values, memory.buffer, is_blocking=False)
        except self._cl.Error as error:
            raise self._failure("reading", error) from None

    def finish(self) -> None:
        """Wait for all that was enqueued.

        Raises:
            DeviceError: if the device failed in it, or this process is a fork of the one that opened the device.
        """
        self.check_process()
        try:
            self._queue.finish()
        except self._cl.Error as error:
            raise self._failure("its work", error) from None
        self._uploads.clear()
        self._idle = True

    def copy(
        self, source: Memory, destination: Memory, size: int, *, source_offset: int = 0, destination_offset: int = 0
    ) -> None:
        """Copy ``size`` bytes on the device, from and to so many bytes behind the start."""
        if size == 0:
            return
        self.check_process()
        self._idle = False
        try:
            self._cl.enqueue_copy(
                self._queue, destination.buffer, source.buffer,
                byte_count=size, src_offset=source_offset, dst_offset=destination_offset,
            )  # fmt: skip
        except self._cl.Error as error:
            raise self._failure("copying", error) from None

    def fill(self, memory: Memory, value: np.ndarray, size: int) -> None:
        """Fill ``size`` bytes with copies of a single element."""
        if size == 0:
            return
        self.check_process()
        self._idle = False
        try:
            self._cl.enqueue_fill_buffer(self._queue, memory.buffer, value, 0, size)
        except self._cl.Error as error:
            raise self._failure("filling", error) from None

    @property
    def programs(self) -> Programs:
        """The compiled kernels."""
        return self._programs

    def enqueue(self, kernel: Any, global_size: tuple[int, ...], local_size: tuple[int, ...] | None) -> Command:
        """Return the command, for ``run``, that launches a kernel object with the arguments it will have then."""
        return partial(self._cl.enqueue_nd_range_kernel, self._queue, kernel, global_size, local_size)

    def run(self, commands: Sequence[Command]) -> None:
        """Enqueue commands that a recording has made ready.

        Raises:
            DeviceError: as ``launch`` does.
        """
        self.check_process()
        self._idle = False
        try:
            for command in commands:
                command()
        except self._cl.Error as error:
            raise self._failure("a recorded step", error) from None

    def _failure(self, action: str, error: Exception) -> DeviceError:
        return DeviceError(
            f"{self.device.name.strip()}: expected {action} to run, got {error}; "
            "free arrays, use a smaller batch, or another device"
        )

    def check_process(self) -> None:
        """Raise DeviceError in a fork: drivers do not survive one, a use of the device would hang."""
        if os.getpid() != self._process:
            raise DeviceError(
                f"{self.device.name.strip()}: expected process {self._process}, which opened the device, got its fork "
                f"{os.getpid()}; open the device after forking"
            )
