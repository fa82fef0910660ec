// Convolution and its data gradient on a CPU as a packed matrix product that reads its rows through windows, never as an
// array of windows.
//
//   y[place(m)][g OG + o] = b[g OG + o] + sum over taps t, r < run of x[source(m, t)][g CG + r] * w'[g][t][r][o]
//
// Row m is a pixel (n, i, j) of a grid (N, GH, GW). Tap t = (a, b) of TH x TW reads x at the row first_h + i step_h + a dil_h
// and the column first_w + j step_w + b dil_w, zero outside of the image; the result is pixel (n, at_h + i out_h,
// at_w + j out_w) of y. Forward, the grid is that of the outputs. The data gradient takes dy for x, and is cut into SH x SW
// grids, the pixels of dx that the same taps reach.
//
//   x: (N, H, W, C) read     b: (O,) read if biased     y: (N, YH, YW, O) written, max(y, 0) where rectified
//   panels: (G, ceil(OG / NR), K, NR) written by pack_weights or pack_transposed, K = taps x padded, padded = run rounded up to
//           UNIT; rows past `run` are zero, columns past OG hold anything
//   scratch: (items, block_rows x pass), undefined before and after
//
// convolution_gemm, work-item: every items-th of the `tasks`, a task being `block_rows` rows x `block_columns` outputs of one
// group. It cuts K into passes of `pass` steps, packs its rows (level-2 cache), and passes them over each panel (level-1 cache);
// between passes the sums wait in y. The order of a sum depends on `pass` only.
// pack_weights, work-item: `part` rows of w'. pack_transposed, work-item: a tap and panel of a group.
//
// Macros: ROWS, UNIT  as in convolution_tile.cl
//         BLOCK       rows of a task, at most
// Tolerance against NumPy: 1e-5 of the largest |y|.
// Source: Chetlur et al., cuDNN: Efficient Primitives for Deep Learning (2014), section 3; Goto, van de Geijn (2008).

#include "convolution_tile.cl"

#ifndef BLOCK
#define BLOCK 192
#endif
typedef JOIN(float, UNIT) float_unit;

// Weights of tap t = (a, b) are those at row i0 + a i_step and column q0 + b q_step of the kernel.
#define KERNEL_TAP(t) ((i0 + (t) / TW * i_step) * KW + q0 + (t) % TW * q_step)

KERNEL pack_weights(
    global const float *restrict w, global float *restrict panels,
    const int items, const int part, const int G, const int OG, const int run, const int padded, const int taps) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int K = taps * padded, O = G * OG, width = (OG + NR - 1) / NR;
    for (int k = item * part; k < min((item + 1) * part, K); k++) {
        const int t = k / padded, r = k - t * padded;
        for (int g = 0; g < G; g++)
            for (int p = 0; p < width; p++) {
                global const float *from = w + (size_t)(t * run + r) * O + g * OG + p * NR;
                global float *to = panels + ((size_t)(g * width + p) * K + k) * NR;
                STORE(r < run ? LOAD(from) : (floatv)(0), to);
                STORE(r < run ? LOAD(from + VEC) : (floatv)(0), to + VEC);
            }
    }
}

// VEC rows of VEC values become VEC columns: each round deals the vectors of both halves out in turn.
#define TRANSPOSE(block)                                                                         \
    for (int round = 1; round < VEC; round *= 2) {                                               \
        floatv dealt[VEC];                                                                       \
        UNROLL for (int i = 0; i < VEC / 2; i++) {                                               \
            dealt[2 * i].even = block[i].lo;                                                     \
            dealt[2 * i].odd = block[i + VEC / 2].lo;                                            \
            dealt[2 * i + 1].even = block[i].hi;                                                 \
            dealt[2 * i + 1].odd = block[i + VEC / 2].hi;                                        \
        }                                                                                        \
        UNROLL for (int i = 0; i < VEC; i++) block[i] = dealt[i];                                \
    }

// w'[g][t][o][c] = w[tap t][c][g run + o]: here the steps are outputs, and the columns the OG channels of a group.
KERNEL pack_transposed(
    global const float *restrict w, global float *restrict panels,
    const int items, const int G, const int OG, const int run, const int padded, const int taps,
    const int TW, const int KW, const int i0, const int i_step, const int q0, const int q_step) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int width = (OG + NR - 1) / NR, t = item % taps, p = item / taps % width, g = item / taps / width;
    global const float *from = w + (size_t)KERNEL_TAP(t) * OG * G * run + g * run;
    global float *to = panels + ((size_t)(g * width + p) * taps + t) * padded * NR;
    for (int o = 0; o < padded; o += VEC)
        for (int j = 0; j < NR; j += VEC) {
            floatv block[VEC];
            UNROLL for (int v = 0; v < VEC; v++) block[v] = LOAD(from + (size_t)min(p * NR + j + v, OG - 1) * G * run + o);
            UNROLL TRANSPOSE(block)
            UNROLL for (int v = 0; v < VEC; v++)
                if (o + v < padded) STORE(o + v < run ? block[v] : (floatv)(0), to + (o + v) * NR + j);
        }
}

// Copy steps k .. k + length - 1 of `rows` rows to tiles: UNIT values of each row in turn.
inline void pack_rows(
    global const float *restrict x, global float *restrict to, const int *image, const int *down, const int *right,
    const int rows, const int k, const int length, const int channel, const int run, const int padded, const int TW,
    const int H, const int W, const int C, const int dil_h, const int dil_w) {
    for (int step = k; step < k + length;) {
        const int t = step / padded, r = step - t * padded, count = min(padded - r, k + length - step);
        const int whole = max(0, min(count, (run - r) / UNIT * UNIT)), left = run - r - whole;
        const int a = t / TW * dil_h, b = t % TW * dil_w;
        for (int m = 0; m < (rows + ROWS - 1) / ROWS * ROWS; m++) {
            global float *target = to + m / ROWS * (ROWS * length) + (step - k) * ROWS + m % ROWS * UNIT;
            const int row = min(m, rows - 1), h = down[row] + a, v = right[row] + b;
            if (h >= 0 && h < H && v >= 0 && v < W) {
                global const float *from = x + (size_t)(image[row] + h * W + v) * C + channel + r;
                for (int i = 0; i < whole; i += UNIT)
                    JOIN(vstore, UNIT)(JOIN(vload, UNIT)(0, from + i), 0, target + i * ROWS);
                if (whole < count)
                    for (int i = 0; i < UNIT; i++) target[whole * ROWS + i] = i < left ? from[whole + i] : 0;
            } else {
                for (int i = 0; i < count; i += UNIT) JOIN(vstore, UNIT)((float_unit)(0), 0, target + i * ROWS);
            }
        }
        step += count;
    }
}

KERNEL convolution_gemm(
    global const float *restrict x, global const float *restrict panels, global const float *restrict b,
    global float *restrict scratch, global float *restrict y, const int items, const int tasks, const int row_blocks,
    const int block_rows, const int column_blocks, const int block_columns, const int M, const int GH, const int GW,
    const int H, const int W, const int C, const int CG, const int first_h, const int first_w, const int step_h,
    const int step_w, const int TW, const int dil_h, const int dil_w, const int run, const int padded, const int K,
    const int pass, const int YH, const int YW, const int at_h, const int at_w, const int out_h, const int out_w, const int O,
    const int OG, const int biased, const int rectified) {
    if (get_global_id(0) >= items) return;
    global float *tiles = scratch + (size_t)get_global_id(0) * block_rows * pass;
    int image[BLOCK], down[BLOCK], right[BLOCK], place[BLOCK];
    for (int task = get_global_id(0); task < tasks; task += items) {
        const int column_block = task % column_blocks, row_block = task / column_blocks % row_blocks;
        const int g = task / column_blocks / row_blocks, start = row_block * block_rows, rows = min(block_rows, M - start);
        const int n_start = column_block * block_columns, n_stop = min(n_start + block_columns, OG);
        for (int m = 0; m < rows; m++) {
            const int n = (start + m) / (GH * GW), i = (start + m) / GW % GH, j = (start + m) % GW;
            image[m] = n * H * W;
            down[m] = first_h + i * step_h;
            right[m] = first_w + j * step_w;
            place[m] = (n * YH + at_h + i * out_h) * YW + at_w + j * out_w;
        }
        int k = 0;
        do {  // once also where no tap reaches these pixels
            const int length = min(pass, K - k), last = k + length == K;
            pack_rows(x, tiles, image, down, right, rows, k, length, g * CG, run, padded, TW, H, W, C, dil_h, dil_w);
            for (int n = n_start; n < n_stop; n += NR) {
                const int width = (OG + NR - 1) / NR;
                PANEL *panel = panels + ((size_t)(g * width + n / NR) * K + k) * NR, *next = panel + (size_t)K * NR;
                const int lines = n + NR < n_stop ? (length * NR / 16 * ROWS + rows - 1) / rows : 0;
                for (int m = 0; m < rows; m += ROWS) {
                    global float *to[ROWS];
                    for (int i = 0; i < lines; i++) WILL_READ(next + (m / ROWS * lines + i) * 16);
                    UNROLL for (int r = 0; r < ROWS; r++)
                        to[r] = y + (size_t)place[min(m + r, rows - 1)] * O + g * OG + n;
                    global const float *bias = biased ? b + g * OG + n : 0;
                    global const float *a = tiles + m * length;
                    if (n_stop - n > VEC) tile_2(a, panel, to, bias, length, rows - m, n_stop - n, k == 0, rectified && last);
                    else tile_1(a, panel, to, bias, length, rows - m, n_stop - n, k == 0, rectified && last);
                }
            }
            k += length;
        } while (k < K);
    }
}
