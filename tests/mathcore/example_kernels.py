"""Kernels as users write them, with their NumPy functions."""

from __future__ import annotations

import numpy as np

from mathcore.user_kernels import kernel

saxpy = kernel(
    """
    kernel void saxpy(global const float *x, global const float *y, global float *out, const float a) {
        const int i = get_global_id(0);
        out[i] = a * x[i] + y[i];
    }
    """,
    numpy=lambda x, y, a: a * x + y,
)

row_extremes = kernel(
    """
    kernel void row_extremes(global float *lowest, global float *highest, const int columns, global const float *x) {
        global const float *row = x + get_global_id(0) * columns;
        float low = row[0], high = row[0];
        for (int i = 1; i < columns; i++) {
            low = min(low, row[i]);
            high = max(high, row[i]);
        }
        lowest[get_global_id(0)] = low;
        highest[get_global_id(0)] = high;
    }
    """,
    numpy=lambda columns, x: (x.min(axis=1), x.max(axis=1)),
    outputs=lambda columns, x: [x.shape[:1], x.shape[:1]],
)


def decay_in_place(w: np.ndarray, rate: float) -> None:
    w *= np.float32(rate)


decay = kernel(
    "kernel void decay(global float *w, const float rate) { w[get_global_id(0)] *= rate; }",
    numpy=decay_in_place,
    updates=("w",),
)

# Sums of 64 numbers in a work-group, through local memory.
group_sums = kernel(
    """
    kernel void group_sums(global const int *x, const int n, global int *sums) {
        local int part[64];
        const int i = get_global_id(0), place = get_local_id(0);
        part[place] = i < n ? x[i] : 0;
        for (int half_size = 32; half_size > 0; half_size /= 2) {
            barrier(CLK_LOCAL_MEM_FENCE);
            if (place < half_size) part[place] += part[place + half_size];
        }
        if (place == 0) sums[get_group_id(0)] = part[0];
    }
    """,
    numpy=lambda x, n: np.add.reduceat(x, np.arange(0, n, 64)),
    outputs=lambda x, n: (-(-n // 64),),
    global_size=lambda x, n: -(-n // 64) * 64,
    local_size=64,
)

turned = kernel(
    """
    kernel void turned(global const int *x, global int *y) {
        const int row = get_global_id(0), column = get_global_id(1);
        y[column * get_global_size(0) + row] = x[row * get_global_size(1) + column];
    }
    """,
    numpy=lambda x: x.T,
    outputs=lambda x: (x.shape[1], x.shape[0]),
    global_size=lambda x: x.shape,
)

counted = kernel(
    "kernel void counted(global int *y) { y[get_global_id(0)] = get_global_id(0); }",
    numpy=lambda: np.arange(5),
    outputs=lambda: 5,
)

doubled = kernel(
    "kernel void doubled(global const float4 *x, global float4 *y) { y[get_global_id(0)] = 2 * x[get_global_id(0)]; }",
    numpy=lambda x: 2 * x,
)

flipped = kernel(
    "kernel void flipped(global const uchar *x, global uchar *y) { y[get_global_id(0)] = !x[get_global_id(0)]; }",
    numpy=lambda x: x == 0,
)
