// Random crops and mirror images, with the mean taken off and a factor.
//
//   y[n][i][j][c] = (x[n][top + i][left + j'][c] - mean[c mod 16]) * scale, 0 outside the image; j' = OW - 1 - j if mirrored, else j
//   a, b, m = words of philox(counter = (0, stream, step, place + n), key = seed)
//   top = floor(a (H + 2 PH - OH + 1) / 2^32) - PH, left likewise from b; mirrored if m >= 2^31
//   without RANDOM_CROP: top = (H + 2 PH - OH) / 2 - PH, left likewise; without RANDOM_FLIP: not mirrored
//
//   x: (N, H, W, C), T     y: (N, OH, OW, C)     key: (4,) int: seed (two words), step, place of the first example; not read if
//   nothing is random
//
// Work-item: one row of y. Tolerance against NumPy: none.
//
// Macros: T            type of the elements of x: float or uchar
//         RANDOM_CROP, RANDOM_FLIP  1 or 0

#pragma OPENCL FP_CONTRACT OFF

#include "philox.cl"

#ifndef T
#define T float
#endif
#ifndef RANDOM_CROP
#define RANDOM_CROP 1
#endif
#ifndef RANDOM_FLIP
#define RANDOM_FLIP 1
#endif

KERNEL augment_images(
    global const T *restrict x, global const int *restrict key, global float *restrict y,
    const int items, const int H, const int W, const int C, const int OH, const int OW, const int PH, const int PW,
    const int stream, const float scale, const float16 mean) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int n = item / OH, i = item - n * OH;
    int row = H + 2 * PH - OH, left = W + 2 * PW - OW;
    bool mirrored = false;
#if RANDOM_CROP || RANDOM_FLIP
    uintv a, b, m, unused;
    philox_words((uintv)(0), stream, key[2], (uint)key[3] + n, key[0], key[1], &a, &b, &m, &unused);
    mirrored = RANDOM_FLIP && m.s0 >> 31;
#endif
#if RANDOM_CROP
    row = mul_hi(a.s0, (uint)(row + 1));
    left = mul_hi(b.s0, (uint)(left + 1));
#else
    row /= 2;
    left /= 2;
#endif
    row += i - PH;
    left -= PW;
    float means[16];
    vstore16(mean, 0, means);
    global const T *from = x + ((long)n * H + row) * W * C;
    global float *to = y + (size_t)item * OW * C;
    for (int j = 0; j < OW; j++, to += C) {
        const int column = left + (mirrored ? OW - 1 - j : j);
        const bool inside = row >= 0 && row < H && column >= 0 && column < W;
        for (int c = 0; c < C; c++) to[c] = inside ? ((float)from[column * C + c] - means[c & 15]) * scale : 0.0f;
    }
}
