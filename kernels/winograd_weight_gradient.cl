// Gradient of the weights of a convolution with stride 1 by Winograd's minimal filtering, tiles as in winograd_forward.cl:
//
//   dw = G^T [ sum over tiles of (B^T x B)^T (A dy A^T) ] G, for each of the POINTS points one product, (C, tiles) by (tiles, O)
//
// Tiles are taken in blocks of `size`: for each block both operands are transformed, then their products are added to the sums.
//
//   x: (N, H, W, C) read      dy: (N, OH, OW, O) read      dw: (SIDE, SIDE, C, O) written
//   inputs: (POINTS, ceil(C / BLOCK), size, BLOCK)             written by winograd_gradient_inputs
//   gradients: (POINTS, panels, size, NR), NR = 2 VEC          written by winograd_gradient_outputs
//   bias: (groups of GROUP tiles, O), sums of dy, written by the same where biased
//   sums: (POINTS, groups of ROWS channels, panels, ROWS, NR)  written, then added to, by winograd_gradient_products
// Columns past C and O hold anything. From one point of an operand to the next are 16 elements more, lest all points fall into
// the same places of a cache.
//
// winograd_gradient_inputs, winograd_gradient_outputs: work-item = GROUP tiles x `part` blocks or panels
// winograd_gradient_products: work-item = point x `part` blocks of channels, all panels
// winograd_gradient_weights: work-item = group of channels x panel
// A sum over tiles takes `pass` tiles in turn, then pass by pass: its order depends on the shape only.
//
// Macros: SIDE  side of the filter, 3 or 5           ROWS  channels of a register tile, two vectors wide
//         BLOCK channels that lie together, a multiple of ROWS and VEC
// Tolerance against NumPy: 1e-5 of the largest |dw| for SIDE 3, 2e-5 for SIDE 5; measured 3e-6, 1e-5.
// Source: Lavin, Gray, Fast Algorithms for Convolutional Neural Networks (2016); Van Zee, van de Geijn, BLIS (2015).
#include "winograd.cl"

#ifndef ROWS
#define ROWS (VEC > 8 ? 12 : 6)
#endif
#ifndef BLOCK
#define BLOCK (VEC > 8 ? 48 : 24)
#endif
#define GROUP 8

// Tiles first to first + count - 1, of which the work-item transforms those of a group.
KERNEL winograd_gradient_inputs(
    global const float *restrict x, global float *restrict inputs, const int items, const int parts, const int part,
    const int blocks, const int first, const int count, const int size, const int H, const int W, const int C, const int image,
    const int row, const int pad_h, const int pad_w) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = item / parts * GROUP, stop = min(start + GROUP, count);
    const int block = item % parts * part, stop_block = min(block + part, blocks);
    const size_t point = (size_t)blocks * size * BLOCK + GAP;
    int source[GROUP][POINTS];
    for (int t = start; t < stop; t++) {
        const int tile = first + t, n = tile / image, h = (tile - n * image) / row, column = tile - n * image - h * row;
        for (int i = 0; i < TILE; i++)
            for (int j = 0; j < TILE; j++) {
                const int top = h * STEP - pad_h + i, left = column * STEP - pad_w + j;
                const bool inside = top >= 0 && top < H && left >= 0 && left < W;
                source[t - start][i * TILE + j] = inside ? (n * H + top) * W + left : -1;
            }
    }
    for (int c0 = block * BLOCK; c0 < stop_block * BLOCK; c0 += BLOCK)
        for (int t = start; t < stop; t++)
            for (int c = c0; c < min(c0 + BLOCK, C); c += VEC) {
                floatv d[TILE][TILE];
                UNROLL for (int j = 0; j < TILE; j++) {
                    floatv in[TILE];
                    UNROLL for (int i = 0; i < TILE; i++) {
                        const int pixel = source[t - start][i * TILE + j];
                        in[i] = pixel < 0 ? (floatv)(0) : LOAD(x + (size_t)pixel * C + c);
                    }
#define FROM(i) in[i]
#define TO(i) d[i][j]
                    INPUT_TRANSFORM(TO, FROM)
#undef FROM
#undef TO
                }
                global float *to = inputs + ((size_t)(c0 / BLOCK) * size + t) * BLOCK + (c - c0);
                UNROLL for (int i = 0; i < TILE; i++) {
                    floatv out[TILE];
#define FROM(j) d[i][j]
#define TO(j) out[j]
                    INPUT_TRANSFORM(TO, FROM)
#undef FROM
#undef TO
                    UNROLL for (int j = 0; j < TILE; j++) STORE(out[j], to + (i * TILE + j) * point);
                }
            }
}

KERNEL winograd_gradient_outputs(
    global const float *restrict dy, global float *restrict gradients, global float *restrict bias, const int items,
    const int parts, const int part, const int panels, const int first, const int count, const int size, const int biased,
    const int OH, const int OW, const int O, const int image, const int row) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = item / parts * GROUP, stop = min(start + GROUP, count);
    const int first_panel = item % parts * part, stop_panel = min(first_panel + part, panels);
    const size_t point = (size_t)panels * size * NR + GAP;
    for (int o = first_panel * NR; o < min(stop_panel * NR, O); o += VEC) {
        floatv sum = 0;
        for (int t = start; t < stop; t++) {
            const int tile = first + t, n = tile / image, h = (tile - n * image) / row, column = tile - n * image - h * row;
            const int rows = OH - h * STEP, columns = OW - column * STEP;
            global const float *from = dy + (((size_t)n * OH + h * STEP) * OW + column * STEP) * O + o;
            floatv once[TILE][STEP];
            UNROLL for (int j = 0; j < STEP; j++) {
                floatv in[STEP];
                UNROLL for (int i = 0; i < STEP; i++) {
                    in[i] = i < rows && j < columns ? LOAD(from + ((size_t)i * OW + j) * O) : (floatv)(0);
                    sum += in[i];
                }
#define FROM(i) in[i]
#define TO(i) once[i][j]
                EXPAND(TO, FROM, STEP, 0)
#undef FROM
#undef TO
            }
            global float *to = gradients + ((size_t)(o / NR) * size + t) * NR + o % NR;
            UNROLL for (int i = 0; i < TILE; i++) {
                floatv out[TILE];
#define FROM(j) once[i][j]
#define TO(j) out[j]
                EXPAND(TO, FROM, STEP, 0)
#undef FROM
#undef TO
                UNROLL for (int j = 0; j < TILE; j++) STORE(out[j], to + (i * TILE + j) * point);
            }
        }
        if (biased) store_float(sum, bias + (size_t)((first + start) / GROUP) * O + o, O - o);
    }
}

// multiply_V: ROWS channels x V vectors of sums (+)= inputs times gradients, over `length` tiles.
#define DEFINE_MULTIPLY(NAME, V)                                                                 \
    static inline void NAME(                                                                     \
        global const float *a, global const float *b, global float *to, const int length, const bool first) { \
        floatv sum[ROWS][V];                                                                     \
        UNROLL for (int r = 0; r < ROWS; r++)                                                    \
            UNROLL for (int j = 0; j < V; j++) sum[r][j] = (floatv)(0);                          \
        for (int t = 0; t < length; t++) {                                                       \
            floatv values[V];                                                                    \
            UNROLL for (int j = 0; j < V; j++) values[j] = LOAD(b + j * VEC);                    \
            UNROLL for (int r = 0; r < ROWS; r++) {                                              \
                const floatv factor = (floatv)(a[r]);                                            \
                UNROLL for (int j = 0; j < V; j++) sum[r][j] = fma(factor, values[j], sum[r][j]); \
            }                                                                                    \
            a += BLOCK;                                                                          \
            b += NR;                                                                             \
        }                                                                                        \
        UNROLL for (int r = 0; r < ROWS; r++)                                                    \
            UNROLL for (int j = 0; j < V; j++) {                                                 \
                global float *target = to + r * NR + j * VEC;                                    \
                STORE(first ? sum[r][j] : sum[r][j] + LOAD(target), target);                     \
            }                                                                                    \
    }
DEFINE_MULTIPLY(multiply_2, 2)
DEFINE_MULTIPLY(multiply_1, 1)

KERNEL winograd_gradient_products(
    global const float *restrict inputs, global const float *restrict gradients, global float *restrict sums, const int items,
    const int parts, const int part, const int blocks, const int panels, const int count, const int size, const int pass,
    const int fresh, const int C, const int O) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int point = item / parts, first_block = item % parts * part, stop_block = min(first_block + part, blocks);
    const int groups = (C + ROWS - 1) / ROWS;
    global const float *a = inputs + point * ((size_t)blocks * size * BLOCK + GAP);
    global const float *b = gradients + point * ((size_t)panels * size * NR + GAP);
    global float *to = sums + (size_t)point * groups * panels * ROWS * NR;
    for (int t = 0; t < count; t += pass) {
        const int length = min(pass, count - t);
        for (int block = first_block; block < stop_block; block++)
            for (int panel = 0; panel < panels; panel++)
                for (int r = 0; r < BLOCK && block * BLOCK + r < C; r += ROWS) {
                    global const float *rows = a + ((size_t)block * size + t) * BLOCK + r;
                    global const float *columns = b + ((size_t)panel * size + t) * NR;
                    global float *tile = to + ((size_t)((block * BLOCK + r) / ROWS) * panels + panel) * ROWS * NR;
                    if (panel * NR + VEC < O) multiply_2(rows, columns, tile, length, fresh && t == 0);
                    else multiply_1(rows, columns, tile, length, fresh && t == 0);
                }
    }
}

KERNEL winograd_gradient_weights(
    global const float *restrict sums, global float *restrict dw, const int items, const int panels, const int C, const int O) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const size_t point = (size_t)((C + ROWS - 1) / ROWS) * panels * ROWS * NR;
    const int first = item / panels * ROWS, panel = item % panels;
    for (int c = first; c < min(first + ROWS, C); c++)
        for (int o = panel * NR; o < min((panel + 1) * NR, O); o += VEC) {
            global const float *from = sums + (size_t)item * ROWS * NR + (c - first) * NR + o % NR;
            floatv once[SIDE][TILE];
            UNROLL for (int j = 0; j < TILE; j++) {
                floatv in[TILE];
                UNROLL for (int i = 0; i < TILE; i++) in[i] = LOAD(from + (i * TILE + j) * point);
#define FROM(i) in[i]
#define TO(i) once[i][j]
                CONTRACT(TO, FROM, SIDE, 1)
#undef FROM
#undef TO
            }
            UNROLL for (int i = 0; i < SIDE; i++) {
                floatv out[SIDE];
#define FROM(j) once[i][j]
#define TO(j) out[j]
                CONTRACT(TO, FROM, SIDE, 1)
#undef FROM
#undef TO
                UNROLL for (int j = 0; j < SIDE; j++)
                    store_float(out[j], dw + ((size_t)(i * SIDE + j) * C + c) * O + o, O - o);
            }
        }
}
