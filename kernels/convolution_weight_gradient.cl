// Gradients of the weights and the bias of a convolution or linear layer.
//
//   dw[k][o] = sum over pixels m of x[base(m) + offset(k)] * dy[m][o]        db[o] = sum over m of dy[m][o]
//
// with base(m) as in convolution_forward.cl and offset(k) = (k / run) x_row + k % run, k < K = KH * run.
//
//   x: (N, XH, XW, C) read, already padded with zeros     dy: (N, OH, OW, O) read
//   dw: (K, O) of each chunk, chunk_size apart, written   db: (O,) of each chunk from bias_start on, likewise, if biased
//
// The pixels are cut into chunks whose number follows from the shape alone; reduce_chunks.cl adds them up in order. So the
// bits do not depend on the number of compute units. Work-item: one chunk x one group of group_rows values of k x
// one panel of NV * VEC outputs. It copies DEPTH pixels of its panel of dy together (level-1 cache), then passes over its k,
// MR at a time; between such blocks of pixels the sums wait in dw.
//
// Macros: MR, NV  values of k x vectors of outputs whose sums stay in registers
//         DEPTH   pixels in a block
// Tolerance against NumPy: 1e-5 of the largest |dw|, times the square root of the pixels / 1000 where there are more.
// Source: as convolution_forward.cl.

#ifndef MR
#define MR 4
#endif
#ifndef NV
#define NV 3
#endif
#ifndef DEPTH
#define DEPTH 200
#endif

KERNEL convolution_weight_gradient(
    global const float *restrict x, global const float *restrict dy, global float *restrict dw, global float *restrict db,
    const int items, const int panels, const int groups, const int group_rows, const int chunk_pixels, const int pixels,
    const int first_output, const int O, const int K, const int run, const int x_row, const int x_image,
    const int OHW, const int OW, const int step_h, const int step_w,
    const int chunk_size, const int bias_start, const int biased) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int o = first_output + (item % panels) * NV * VEC;
    const int group = (item / panels) % groups, chunk = item / panels / groups;
    const int k_start = group * group_rows, k_stop = min(k_start + group_rows, K);
    const int start = chunk * chunk_pixels, stop = min(start + chunk_pixels, pixels);
    global float *to = dw + (size_t)chunk * chunk_size + o;
    global float *bias_to = db + (size_t)chunk * chunk_size + bias_start + o;
    floatv panel[DEPTH * NV], bias[NV];
    int base[DEPTH];
    UNROLL for (int j = 0; j < NV; j++) bias[j] = (floatv)(0);

    for (int m = start; m < stop; m += DEPTH) {
        const int count = min(DEPTH, stop - m);
        find_windows(base, m, m + count, x_image, OHW, OW, step_h, step_w);
        for (int p = 0; p < count; p++) {
            UNROLL for (int j = 0; j < NV; j++) {
                panel[p * NV + j] = LOAD(dy + (size_t)(m + p) * O + o + j * VEC);
                bias[j] += panel[p * NV + j];
            }
        }
        for (int k = k_start; k < k_stop; k += MR) {
            global const float *source[MR];
            global float *target[MR];
            floatv sum[MR][NV];
            UNROLL for (int i = 0; i < MR; i++) {
                const int row = min(k + i, k_stop - 1);  // past the end: the last row again, same result
                source[i] = x + (row / run) * x_row + row % run;
                target[i] = to + (size_t)row * O;
                UNROLL for (int j = 0; j < NV; j++) sum[i][j] = m == start ? (floatv)(0) : LOAD(target[i] + j * VEC);
            }
            for (int p = 0; p < count; p++) {
                floatv gradients[NV];
                UNROLL for (int j = 0; j < NV; j++) gradients[j] = panel[p * NV + j];
                UNROLL for (int i = 0; i < MR; i++) {
                    const floatv value = (floatv)(source[i][base[p]]);
                    UNROLL for (int j = 0; j < NV; j++) sum[i][j] = fma(value, gradients[j], sum[i][j]);
                }
            }
            UNROLL for (int i = 0; i < MR; i++)
                UNROLL for (int j = 0; j < NV; j++) store_float(sum[i][j], target[i] + j * VEC, O - o - j * VEC);
        }
    }
    if (biased && group == 0)
        UNROLL for (int j = 0; j < NV; j++) store_float(bias[j], bias_to + j * VEC, O - o - j * VEC);
}
