// Gradients of the weights and the bias of a convolution on a CPU, as a packed matrix product that reads through windows.
//
//   dw[t][r][g OG + o] = sum over pixels m of x[source(m, t)][g CG + r] * dy[m][g OG + o]     db[o] = sum over m of dy[m][o]
//
// Pixel m = (n, i, j) of (N, OH, OW); tap t = (a, b) of TH x TW reads x at the row first_h + i step_h + a dil_h and the column
// first_w + j step_w + b dil_w, zero outside of the image.
//
//   x: (N, H, W, C) read     dy: (N, OH, OW, O) read
//   dw: (taps, run, O) of each chunk, chunk_size apart, written     db: (O,) of each chunk from bias_start on, if biased
//   scratch: (items, block_tiles x ROWS x pass), undefined before and after
//
// The pixels are cut into chunks, whose number follows from the shape alone; reduce_chunks.cl adds them up in order. The rows of
// a tap are cut into tiles of ROWS. Work-item: every items-th of the `tasks`, a task being `block_tiles` tiles of all taps x
// `block_columns` outputs of one group and chunk. In passes of `pass` pixels it packs its rows (level-2 cache), copies each panel
// of dy (level-1 cache) and passes the rows over it; between passes the sums wait in dw.
//
// Macros: ROWS, UNIT  as in convolution_tile.cl
//         DEPTH       pixels of a pass, at most
//         TOGETHER    tiles of a tap that are packed together, so that whole lines of x are read
// Tolerance against NumPy: 1e-5 of the largest |dw|, times the square root of the pixels / 1000 where there are more.
// Source: as convolution_gemm.cl.

#define PANEL const float
#define FACTOR(r, u) a[k * ROWS + (u) * ROWS + (r)]
#include "convolution_tile.cl"

#ifndef DEPTH
#define DEPTH 384
#endif
#ifndef TOGETHER
#define TOGETHER 8
#endif

// Copy channels r .. of `count` tiles of one tap for `length` pixels: ROWS values of each pixel in turn.
inline void pack_channels(
    global const float *restrict x, global float *restrict to, const int *image, const int *down, const int *right,
    const int length, const int count, const int H, const int W, const int C, const int a, const int b) {
    for (int p = 0; p < length; p++) {
        const int h = down[p] + a, v = right[p] + b;
        global float *target = to + p * ROWS;
        if (h >= 0 && h < H && v >= 0 && v < W) {
            global const float *from = x + (size_t)(image[p] + h * W + v) * C;
            for (int t = 0; t < count; t++)
                UNROLL for (int r = 0; r < ROWS; r += VEC)
                    store_float(LOAD(from + t * ROWS + r), target + t * (ROWS * length) + r, ROWS - r);
        } else {
            for (int t = 0; t < count; t++)
                UNROLL for (int r = 0; r < ROWS; r += VEC)
                    store_float((floatv)(0), target + t * (ROWS * length) + r, ROWS - r);
        }
    }
}

KERNEL convolution_gemm_weight_gradient(
    global const float *restrict x, global const float *restrict dy, global float *restrict scratch,
    global float *restrict dw, global float *restrict db, const int items, const int tasks, const int tile_blocks,
    const int block_tiles, const int column_blocks, const int block_columns, const int G, const int chunk_pixels,
    const int pixels, const int OH, const int OW, const int H, const int W, const int C, const int CG, const int first_h,
    const int first_w, const int step_h, const int step_w, const int taps, const int TW, const int dil_h, const int dil_w,
    const int run, const int pass, const int OG, const int chunk_size, const int bias_start, const int biased) {
    if (get_global_id(0) >= items) return;
    const int tap_tiles = (run + ROWS - 1) / ROWS, O = G * OG;
    global float *tiles = scratch + (size_t)get_global_id(0) * block_tiles * ROWS * pass;
    float panel[DEPTH * NR];
    int image[DEPTH], down[DEPTH], right[DEPTH];
    for (int task = get_global_id(0); task < tasks; task += items) {
        const int column_block = task % column_blocks, block = task / column_blocks % tile_blocks;
        const int g = task / column_blocks / tile_blocks % G, chunk = task / column_blocks / tile_blocks / G;
        const int t_start = block * block_tiles, t_stop = min(t_start + block_tiles, taps * tap_tiles);
        const int n_start = column_block * block_columns, n_stop = min(n_start + block_columns, OG);
        const int start = chunk * chunk_pixels, stop = min(start + chunk_pixels, pixels);
        global float *gradient = dw + (size_t)chunk * chunk_size + g * OG;
        global float *bias_gradient = db + (size_t)chunk * chunk_size + bias_start + g * OG;
        for (int m = start; m < stop; m += pass) {
            const int length = min(pass, stop - m);
            for (int p = 0; p < length; p++) {
                const int n = (m + p) / (OH * OW), i = (m + p) / OW % OH, j = (m + p) % OW;
                image[p] = n * H * W;
                down[p] = first_h + i * step_h;
                right[p] = first_w + j * step_w;
            }
            for (int t = t_start; t < t_stop;) {
                const int tap = t / tap_tiles, inside = t - tap * tap_tiles;
                const int count = min(TOGETHER, min(tap_tiles - inside, t_stop - t));
                pack_channels(
                    x + g * CG + inside * ROWS, tiles + (t - t_start) * (ROWS * length), image, down, right, length, count,
                    H, W, C, tap / TW * dil_h, tap % TW * dil_w);
                t += count;
            }
            for (int n = n_start; n < n_stop; n += NR) {
                global const float *from = dy + (size_t)m * O + g * OG + n;
                for (int p = 0; p < length; p++) {
                    STORE(LOAD(from + (size_t)p * O), panel + p * NR);
                    STORE(LOAD(from + (size_t)p * O + VEC), panel + p * NR + VEC);
                }
                if (biased && block == 0)
                    for (int j = 0; j < NR; j += VEC) {
                        floatv sum = (floatv)(0);
                        for (int p = 0; p < length; p++) sum += LOAD(panel + p * NR + j);
                        if (m > start) sum += LOAD(bias_gradient + n + j);
                        store_float(sum, bias_gradient + n + j, n_stop - n - j);
                    }
                for (int t = t_start; t < t_stop; t++) {
                    const int tap = t / tap_tiles, row = (t - tap * tap_tiles) * ROWS, rows = run - row;
                    global float *to[ROWS];
                    UNROLL for (int r = 0; r < ROWS; r++)
                        to[r] = gradient + (size_t)(tap * run + row + min(r, rows - 1)) * O + n;
                    global const float *a = tiles + (t - t_start) * (ROWS * length);
                    if (n_stop - n > VEC) tile_2(a, panel, to, 0, length, rows, n_stop - n, m == start, 0);
                    else tile_1(a, panel, to, 0, length, rows, n_stop - n, m == start, 0);
                }
            }
        }
    }
}
