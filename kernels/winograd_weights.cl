// The weights of a convolution as Winograd's minimal filtering multiplies them:  G w G^T, see winograd.cl.
//
//   w: (SIDE, SIDE, C, O) read, or where FLIP, as data gradients need it, (SIDE, SIDE, O, C)
//   weights: (POINTS, panels, depth, NR) and depth + VEC zeros written; depth = C rounded up to VEC, NR = 2 VEC
// Rows past C are zero, columns past O hold anything. From one point to the next are GAP elements more.
//
// Work-item: `part` times VEC channels of a panel.
//
// Macros: SIDE  side of the filter, 3 or 5
//         FLIP  0, 1: inputs and outputs exchanged and the filter turned by 180 degrees, or 2: only exchanged
// Tolerance against NumPy: that of winograd_forward.cl.
// Source: Lavin, Gray, Fast Algorithms for Convolutional Neural Networks (2016).
#include "winograd.cl"

#ifndef FLIP
#define FLIP 0
#endif

// taps[k][r] = VEC outputs from o on of row c + r of w, k = tap
#if FLIP
#define READ_TAPS                                                                                \
    for (int k = 0; k < SIDE * SIDE; k++) {                                                      \
        UNROLL for (int r = 0; r < VEC; r++) {                                                   \
            global const float *from = w + ((size_t)(FLIP == 1 ? SIDE * SIDE - 1 - k : k) * O + min(o + r, O - 1)) * C + c; \
            taps[k][r] = LOAD(from);                                                             \
        }                                                                                        \
        UNROLL for (int round = 1; round < VEC; round *= 2) {                                    \
            floatv dealt[VEC];                                                                   \
            UNROLL for (int r = 0; r < VEC / 2; r++) {                                           \
                dealt[2 * r].even = taps[k][r].lo;                                               \
                dealt[2 * r].odd = taps[k][r + VEC / 2].lo;                                      \
                dealt[2 * r + 1].even = taps[k][r].hi;                                           \
                dealt[2 * r + 1].odd = taps[k][r + VEC / 2].hi;                                  \
            }                                                                                    \
            UNROLL for (int r = 0; r < VEC; r++) taps[k][r] = dealt[r];                          \
        }                                                                                        \
    }
#else
#define READ_TAPS                                                                                \
    for (int k = 0; k < SIDE * SIDE; k++)                                                        \
        for (int r = 0; r < VEC; r++) taps[k][r] = LOAD(w + ((size_t)k * C + min(c + r, C - 1)) * O + o);
#endif

KERNEL winograd_weights(
    global const float *restrict w, global float *restrict weights,
    const int items, const int part, const int parts, const int panels, const int depth, const int C, const int O) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const size_t point = (size_t)panels * depth * NR + GAP;
    if (item == 0)
        for (int c = 0; c < depth + VEC; c += VEC) STORE((floatv)(0), weights + POINTS * point + c);
    const int panel = item / parts, start = item % parts * part * VEC;
    for (int c = start; c < min(start + part * VEC, depth); c += VEC)
        for (int o = panel * NR; o < (panel + 1) * NR; o += VEC) {
            floatv taps[SIDE * SIDE][VEC];
            if (o >= O) continue;
            READ_TAPS
            for (int r = 0; r < VEC; r++) {
                floatv once[TILE][SIDE], twice[TILE];
                UNROLL for (int j = 0; j < SIDE; j++) {
#define FROM(i) taps[(i) * SIDE + j][r]
#define TO(i) once[i][j]
                    EXPAND(TO, FROM, SIDE, 1)
#undef FROM
#undef TO
                }
                global float *to = weights + ((size_t)panel * depth + c + r) * NR + o % NR;
                UNROLL for (int i = 0; i < TILE; i++) {
#define FROM(j) once[i][j]
#define TO(j) twice[j]
                    EXPAND(TO, FROM, SIDE, 1)
#undef FROM
#undef TO
                    UNROLL for (int j = 0; j < TILE; j++)
                        STORE(c + r < C ? twice[j] : (floatv)(0), to + (i * TILE + j) * point);
                }
            }
        }
}
