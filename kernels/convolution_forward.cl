// Convolution (cross-correlation) and matrix product as one register tile, without im2col.
//
//   y[m][o] = b[o] + sum over i < KH, r < run of  x[base(m) + i x_row + r] * w[i][r][o]
//
// A pixel m = (n, oh, ow) has base(m) = n x_image + oh step_h + ow step_w. In NHWC the KW * C inputs under one kernel row are
// contiguous: that is the run. A linear layer is the case KH = 1, run = I, one pixel an example.
//
//   x: (N, XH, XW, C) read, already padded with zeros     w: (KH, KW, C, O) read
//   b: (O,) read, ignored unless biased                   y: (N, OH, OW, O) written, max(y, 0) where rectified
//
// Work-item: `unit` pixels x one panel of NV * VEC outputs, from output first_output on; panels lie units apart in the global
// id, so that neighbours share their panel of weights. The sum is cut into passes of pass_rows kernel rows x pass_run inputs,
// whose weights (at most DEPTH rows of the panel, in the level-1 cache) are copied together once and used for all
// pixels of the unit, MR at a time; between passes the sums wait in y. The order of a sum depends on its shape only.
//
// Macros: MR, NV  pixels x vectors of outputs whose sums stay in registers
//         DEPTH   rows of weights in a pass, at most
//         UNIT    pixels of a work-item, at most
// Tolerance against NumPy: 1e-5 of the largest |y|.
// Source: Goto, van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008); Georganas et al., Anatomy of
// High-Performance Deep Learning Convolutions on SIMD Architectures (2018).

#ifndef MR
#define MR 4
#endif
#ifndef NV
#define NV 3
#endif
#ifndef DEPTH
#define DEPTH 200
#endif
#ifndef UNIT
#define UNIT 64
#endif

KERNEL convolution_forward(
    global const float *restrict x, global const float *restrict w, global const float *restrict b, global float *restrict y,
    const int items, const int units, const int unit, const int pixels, const int first_output, const int O,
    const int KH, const int run, const int x_row, const int x_image, const int OHW, const int OW,
    const int step_h, const int step_w, const int pass_rows, const int pass_run, const int biased, const int rectified) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = (item % units) * unit, stop = min(start + unit, pixels);
    const int o = first_output + (item / units) * NV * VEC;
    floatv panel[DEPTH * NV];
    int base[UNIT + MR];
    find_windows(base, start, stop, x_image, OHW, OW, step_h, step_w);
    for (int i = 0; i < MR; i++) base[stop - start + i] = base[stop - start - 1];  // past the end: the last pixel again

    for (int row = 0; row < KH; row += pass_rows)
        for (int r0 = 0; r0 < run; r0 += pass_run) {
            const int rows = min(pass_rows, KH - row), count = min(pass_run, run - r0);
            const bool first = row == 0 && r0 == 0;
            for (int i = 0; i < rows; i++)
                for (int r = 0; r < count; r++) {
                    global const float *from = w + (size_t)((row + i) * run + r0 + r) * O + o;
                    UNROLL for (int j = 0; j < NV; j++) panel[(i * count + r) * NV + j] = LOAD(from + j * VEC);
                }
            for (int m = start; m < stop; m += MR) {
                global const float *source[MR];
                global float *target[MR];
                floatv sum[MR][NV];
                UNROLL for (int i = 0; i < MR; i++) {
                    source[i] = x + base[m - start + i] + row * x_row + r0;
                    target[i] = y + (size_t)min(m + i, stop - 1) * O + o;
                    UNROLL for (int j = 0; j < NV; j++)
                        sum[i][j] = !first ? LOAD(target[i] + j * VEC) : biased ? LOAD(b + o + j * VEC) : (floatv)(0);
                }
                for (int k = 0; k < rows; k++)
                    for (int r = 0; r < count; r++) {
                        floatv weights[NV];
                        UNROLL for (int j = 0; j < NV; j++) weights[j] = panel[(k * count + r) * NV + j];
                        UNROLL for (int i = 0; i < MR; i++) {
                            const floatv value = (floatv)(source[i][k * x_row + r]);
                            UNROLL for (int j = 0; j < NV; j++) sum[i][j] = fma(value, weights[j], sum[i][j]);
                        }
                    }
                if (rectified && row + rows == KH && r0 + count == run)  // the sums are complete; NaN stays NaN
                    UNROLL for (int i = 0; i < MR; i++)
                        UNROLL for (int j = 0; j < NV; j++)
                            sum[i][j] = select(sum[i][j], (floatv)(0), sum[i][j] <= (floatv)(0));
                UNROLL for (int i = 0; i < MR; i++)
                    UNROLL for (int j = 0; j < NV; j++) store_float(sum[i][j], target[i] + j * VEC, O - o - j * VEC);
            }
        }
}
