"""The bytes of .npy files, written out."""

from __future__ import annotations

import io

import numpy as np

from mathcore.npy import load

SIX = bytes.fromhex("00000000 0000803f 00000040 00004040 00008040 0000a040")
"""0.0 to 5.0 as little-endian float32."""


def npy(header: str, data: bytes, version: tuple[int, int] = (1, 0)) -> bytes:
    text = header.encode("utf-8" if version == (3, 0) else "latin-1")
    length = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + length + text + data


def fields(descr: str = "'<f4'", fortran_order: str = "False", shape: str = "(2, 3)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran_order}, 'shape': {shape}, }}\n"


def loaded(content: bytes, device: object = "numpy", **options: object) -> np.ndarray:
    return load(io.BytesIO(content), device=device, **options).numpy()  # type: ignore[arg-type]


VERSION_1 = (
    b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + b" " * 58 + b"\n" + SIX
)
VERSION_2 = b"\x93NUMPY\x02\x00\x3e\x00\x00\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n" + SIX
VERSION_3 = b"\x93NUMPY\x03\x00\x3d\x00\x00\x00{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}   \n" + SIX
FORTRAN = npy(fields(fortran_order="True", shape="(3, 2)"), SIX)
BIG_ENDIAN = npy(fields("'>i2'", shape="(2,)"), b"\x01\x02\xff\xfe")
