"""The primitives on arrays: memory, element-wise work, products, reductions, places, random numbers.

Arrays are C-contiguous. The NumPy backend also takes float64 throughout, for gradient checks; devices hold float32,
int32, uint8 and bool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import DTypeLike

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.fetched import Fetched
    from mathcore.backends.operations import Chain
    from mathcore.backends.recording import Recording

Pair = tuple[int, int]
Shape = tuple[int, ...]
T = TypeVar("T")


class MemoryInfo(NamedTuple):
    """What arrays hold on one device.

    Attributes:
        live_buffers: allocations in use, one however many arrays share it.
        live_bytes: their bytes, as allocated.
        pooled_bytes: bytes that are free, kept for the next arrays.
    """

    live_buffers: int
    live_bytes: int
    pooled_bytes: int


class ArrayBackend(Protocol):
    """One device and the operations on its arrays; layers and training are in ``base.py``.

    Attributes:
        name: ``"numpy"`` or ``"opencl"``.
        device: the device's name for people.
        equivalence_class: names all that the bits of a gradient depend on: backend, device kind,
            driver or library version, vector width, digest of the kernel set.
    """

    name: str
    device: str
    equivalence_class: str

    # Memory

    def asarray(self, values: Any, dtype: DTypeLike | None = None) -> NDArray:
        """Copy host values (NumPy array, nested list or scalar) into a new array."""

    def to_numpy(self, x: NDArray) -> np.ndarray:
        """Copy ``x`` to a new host array; waits for the device."""

    def fetch(self, x: NDArray) -> Fetched:
        """Have ``x`` copied to the host as soon as it is computed; who reads it does not wait for what comes later."""

    def empty(self, shape: Shape, dtype: DTypeLike = np.float32) -> NDArray:
        """Return an array whose values are undefined."""

    def zeros(self, shape: Shape, dtype: DTypeLike = np.float32) -> NDArray:
        """Return an array of zeros."""

    def view(self, x: NDArray, offset: int, shape: Shape) -> NDArray:
        """Return the ``shape`` elements of the flat ``x`` from ``offset`` on; shares memory with ``x``.

        ``offset`` must be a multiple of 256 elements (devices bind views as aligned sub-buffers).
        """

    def reshape(self, x: NDArray, shape: Shape) -> NDArray:
        """Return ``x`` under another shape of the same size; shares memory with ``x``."""

    def share_memory(self, a: NDArray, b: NDArray) -> bool:
        """Return whether writing to one array might change the other."""

    def copy(self, source: NDArray, destination: NDArray) -> None:
        """Copy all elements; same shape and dtype."""

    def write(self, destination: NDArray, values: np.ndarray) -> None:
        """Overwrite ``destination`` with host values of the same shape and dtype."""

    def memory_info(self) -> MemoryInfo:
        """Return what arrays hold on this device."""

    def release_pool(self) -> None:
        """Give memory that is free, and kept for the next arrays, back to the system."""

    def synchronize(self) -> None:
        """Wait until all operations on this device are done."""

    def record(self, function: Callable[[], T]) -> Recording[T]:
        """Call ``function`` and return a recording of the work that it gave the device, which can be done again.

        A replay works on the same arrays: inputs change by ``write``, those that the function made and that are still
        there are overwritten. All else is as it was: shapes, Python numbers, host values given to ``asarray``. Where
        work cannot be repeated, because the function reads an array on the host, a replay calls the function.
        """

    # Arrays

    def cast(self, x: NDArray, dtype: DTypeLike) -> NDArray:
        """Return a copy with another element type.

        Whole numbers wrap, floating point is cut towards zero and saturates (NaN gives 0), anything but 0 is True.
        """

    def elementwise(self, operation: str, *operands: NDArray) -> NDArray:
        """Apply a named operation (``operations.OPERATIONS``) with broadcasting.

        Operands have one element type; ``where`` takes a bool array before its two. Comparisons and predicates give
        bool.
        """

    def chain(self, steps: Chain, *operands: NDArray) -> NDArray:
        """Apply element-wise steps one after another, with the bits that they give one by one; up to eight operands."""

    def matmul(self, a: NDArray, b: NDArray, *, transpose_a: bool = False, transpose_b: bool = False) -> NDArray:
        """Return the product of two matrices (M, K) and (K, N), each given transposed if so flagged."""

    def matmul_batched(self, a: NDArray, b: NDArray) -> NDArray:
        """Return the products (B, M, N) of matrices (B, M, K) and (B, K, N) of one element type; whole numbers wrap."""

    def reduce(self, operation: str, x: NDArray, axis: int | None) -> NDArray:
        """Reduce by a named operation (``shapes.REDUCTIONS``) along one axis, or all (None).

        The element type stays, save that ``argmax`` and ``argmin`` give int32, ``any`` and ``all`` bool.
        """

    def scan(self, operation: str, x: NDArray, axis: int) -> NDArray:
        """Return the running ``sum`` or ``prod`` along an axis, each including its own element."""

    def sort(self, x: NDArray, *, descending: bool = False) -> NDArray:
        """Return ``x`` sorted along its last axis; NaN counts as larger than all numbers."""

    def argsort(self, x: NDArray, *, descending: bool = False) -> NDArray:
        """Return the int32 places that sort ``x`` along its last axis; equal elements keep their order."""

    def searchsorted(self, ordered: NDArray, values: NDArray, *, side: str = "left") -> NDArray:
        """Return the int32 places at which ``values`` go into the ascending ``ordered`` (n,)."""

    def transpose(self, x: NDArray, axes: tuple[int, ...]) -> NDArray:
        """Return a copy with the axes permuted."""

    # Places

    def iota(self, size: int) -> NDArray:
        """Return 0, 1, ... ``size`` - 1 as int32 (size,)."""

    def read_strided(self, x: NDArray, offset: int, strides: Shape, shape: Shape) -> NDArray:
        """Return y with y[i, j, ...] = flat x[offset + i strides[0] + j strides[1] + ...]; strides may be 0 or less."""

    def write_strided(self, x: NDArray, offset: int, strides: Shape, shape: Shape, values: NDArray) -> None:
        """Set flat x[offset + i strides[0] + j strides[1] + ...] = values[i, j, ...], broadcast to ``shape``."""

    def gather(self, x: NDArray, places: NDArray) -> NDArray:
        """Return y with y[i] = flat x[places[i]], in the shape of ``places`` (int32, each in 0 to x.size - 1)."""

    def gather_rows(self, x: NDArray, places: NDArray) -> NDArray:
        """Return y with y[i] = x[places[i]] for ``x`` (R, C), in the shape of ``places`` (int32, below R) and C."""

    def scatter(self, x: NDArray, places: NDArray, values: NDArray) -> None:
        """Set flat x[places[i]] = values[i], same shapes; where places repeat, the last one counts."""

    def scatter_rows(self, x: NDArray, places: NDArray, values: NDArray) -> None:
        """Set x[places[i]] = values[i] for ``x`` (R, C), values (..., C); where places repeat, the last one counts."""

    def nonzero(self, x: NDArray) -> NDArray:
        """Return the flat places of the elements that are not 0, ascending, int32 (n,); waits for the device."""

    def col2im(self, columns: NDArray, *, size: Pair, stride: Pair, pad: Pair, dilation: Pair) -> NDArray:
        """Return the images (N, *size, C) that windows (N, OH, OW, KH, KW, C) add up to, in the order of KH and KW."""

    # Random numbers: see mathcore/random/philox.py, which defines them; the same bits on every backend.

    def random_uniform(self, seed: int, stream: Shape, shape: Shape) -> NDArray:
        """Return float32 numbers of [0, 1)."""

    def random_normal(self, seed: int, stream: Shape, shape: Shape) -> NDArray:
        """Return float32 numbers, normally distributed with mean 0 and standard deviation 1."""

    def random_integers(self, seed: int, stream: Shape, shape: Shape, *, low: int, high: int) -> NDArray:
        """Return int32 numbers of ``low`` to ``high`` - 1."""

    # Users' kernels: see mathcore/user_kernels.py, which checks what is given here.

    def launch_text(
        self, text: str, name: str, arguments: tuple[NDArray | bytes, ...],
        *, global_size: Shape, local_size: Shape | None,
    ) -> None:
        """Run kernel ``name`` of OpenCL C ``text``; arguments are arrays, or the bytes of a number.

        Raises:
            DeviceError: if there is no OpenCL here, or the text does not compile.
        """
