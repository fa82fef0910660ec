// Convolution and the maxima of 2 x 2 windows of its outputs in one pass, and the gradients of its weights and bias.
//
//   z[n][h][v][o] = b[o] + sum over i < KH, r < RUN of  x[n][h SH + i][v SW C + r] * w[i][r][o]
//   y[n][i][j][o] = max over p, q < 2 of z[n][2 i + p][2 j + q][o]; positions hold 2 p + q, first on ties
//   dw[k][o] = sum over windows of dy * x[where the window's maximum was + offset(k)]     db[o] = sum of dy
//
// For first layers with few inputs K = KH * RUN of an output: z, often the largest array of a network, is never stored, nor
// its gradient, three quarters of which are zeros.
//
//   x: (N, XH, XW, C) read, already padded with zeros     w: (KH, KW, C, O) read     b: (O,) read if biased
//   y, dy: (N, PH, PW, O)     positions: (N, PH, PW, O), uchar
//   dw: (K, O) of each chunk, chunk_size apart, written   db: (O,) of each chunk from bias_start on, likewise, if biased
//
// convolution_max_pooling, work-item: a row of y. Its four sums of NV vectors of outputs stay in registers.
// convolution_max_pooling_weight_gradient, work-item: a chunk of images, whose number follows from the shape alone, x a panel
// of NV vectors of outputs; reduce_chunks.cl adds the chunks up in order. The gradients of SEGMENT windows are spread out
// over their four outputs (level-1 cache), then MR values of k pass over them.
//
// Macros: KH, RUN  rows of a kernel, and KW * C
//         O        outputs: known here, so that cut vectors are stored without a branch
//         NV       vectors of outputs whose sums stay in registers
//         MR       values of k whose sums do
// Tolerance against NumPy: 1e-5 of the largest |y|, |dw|.
// Source: as convolution_forward.cl.

#ifndef KH
#define KH 5
#endif
#ifndef RUN
#define RUN 5
#endif
#ifndef NV
#define NV 3
#endif
#ifndef MR
#define MR 4
#endif
#ifndef O
#define O 20
#endif
#define K (KH * RUN)
#define SEGMENT 16

KERNEL convolution_max_pooling(
    global const float *restrict x, global const float *restrict w, global const float *restrict b, global float *restrict y,
    global uchar *restrict positions,
    const int items, const int rows, const int columns, const int x_row, const int x_image,
    const int step_h, const int step_w, const int biased) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int n = item / rows, i = item - n * rows;
    global const float *from = x + (size_t)n * x_image + 2 * i * step_h;
    for (int j = 0; j < columns; j++, from += 2 * step_w)
        for (int o = 0; o < O; o += NV * VEC) {
            floatv sum[4][NV];
            UNROLL for (int v = 0; v < NV; v++) {
                sum[0][v] = biased ? LOAD(b + o + v * VEC) : (floatv)(0);
                UNROLL for (int p = 1; p < 4; p++) sum[p][v] = sum[0][v];
            }
            for (int k = 0; k < KH; k++) {
                global const float *weights = w + (size_t)k * RUN * O + o, *values = from + k * x_row;
                UNROLL for (int r = 0; r < RUN; r++)
                    UNROLL for (int p = 0; p < 4; p++) {
                        const floatv value = (floatv)(values[(p >> 1) * step_h + (p & 1) * step_w + r]);
                        UNROLL for (int v = 0; v < NV; v++) sum[p][v] = fma(value, LOAD(weights + r * O + v * VEC), sum[p][v]);
                    }
            }
            const size_t to = ((size_t)item * columns + j) * O + o;
            UNROLL for (int v = 0; v < NV; v++) {
                floatv best = sum[0][v];
                intv place = (intv)(0);
                UNROLL for (int p = 1; p < 4; p++) {
                    const intv larger = sum[p][v] > best;
                    best = select(best, sum[p][v], larger);
                    place = select(place, (intv)(p), larger);
                }
                store_float(best, y + to + v * VEC, O - o - v * VEC);
                store_uchar(JOIN(convert_uchar, VEC)(place), positions + to + v * VEC, O - o - v * VEC);
            }
        }
}

// total[k] += sum over `count` windows, at `from` and 2 step_w apart, of their four spread gradients times inputs k.
inline void add_products(
    floatv total[K + MR][NV], const floatv spread[SEGMENT * 4][NV], global const float *restrict from, const int count,
    const int x_row, const int step_h, const int step_w) {
    for (int k = 0; k < K; k += MR) {
        global const float *source[MR];
        floatv sum[MR][NV];
        UNROLL for (int i = 0; i < MR; i++) {
            const int tap = min(k + i, K - 1);  // past the end: the last one again, for nobody
            source[i] = from + (tap / RUN) * x_row + tap % RUN;
            UNROLL for (int v = 0; v < NV; v++) sum[i][v] = total[k + i][v];
        }
        for (int j = 0; j < count; j++)
            UNROLL for (int p = 0; p < 4; p++)
                UNROLL for (int i = 0; i < MR; i++) {
                    const floatv value = (floatv)(source[i][(p >> 1) * step_h + (2 * j + (p & 1)) * step_w]);
                    UNROLL for (int v = 0; v < NV; v++) sum[i][v] = fma(value, spread[4 * j + p][v], sum[i][v]);
                }
        UNROLL for (int i = 0; i < MR; i++)
            UNROLL for (int v = 0; v < NV; v++) total[k + i][v] = sum[i][v];
    }
}

KERNEL convolution_max_pooling_weight_gradient(
    global const float *restrict x, global const float *restrict dy, global const uchar *restrict positions,
    global float *restrict dw, global float *restrict db,
    const int items, const int panels, const int chunk_images, const int images, const int rows, const int columns,
    const int x_row, const int x_image, const int step_h, const int step_w,
    const int chunk_size, const int bias_start, const int biased) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int chunk = item / panels, o = (item - chunk * panels) * NV * VEC;
    const int stop = min((chunk + 1) * chunk_images, images);
    floatv total[K + MR][NV], bias[NV], spread[SEGMENT * 4][NV];
    UNROLL for (int v = 0; v < NV; v++) bias[v] = (floatv)(0);
    for (int k = 0; k < K + MR; k++)
        UNROLL for (int v = 0; v < NV; v++) total[k][v] = (floatv)(0);
    for (int n = chunk * chunk_images; n < stop; n++)
        for (int i = 0; i < rows; i++)
            for (int first = 0; first < columns; first += SEGMENT) {
                const int count = min(SEGMENT, columns - first);
                for (int j = 0; j < count; j++) {
                    const size_t at = (((size_t)n * rows + i) * columns + first + j) * O + o;
                    UNROLL for (int v = 0; v < NV; v++) {
                        const floatv gradient = LOAD(dy + at + v * VEC);
                        const intv place = JOIN(convert_int, VEC)(LOAD(positions + at + v * VEC));
                        bias[v] += gradient;
                        UNROLL for (int p = 0; p < 4; p++)
                            spread[4 * j + p][v] = select((floatv)(0), gradient, place == (intv)(p));
                    }
                }
                add_products(
                    total, spread, x + (size_t)n * x_image + 2 * i * step_h + 2 * first * step_w, count, x_row, step_h, step_w);
            }
    global float *to = dw + (size_t)chunk * chunk_size + o;
    for (int k = 0; k < K; k++)
        UNROLL for (int v = 0; v < NV; v++) store_float(total[k][v], to + (size_t)k * O + v * VEC, O - o - v * VEC);
    global float *bias_to = db + (size_t)chunk * chunk_size + bias_start + o;
    if (biased)
        UNROLL for (int v = 0; v < NV; v++) store_float(bias[v], bias_to + v * VEC, O - o - v * VEC);
}
