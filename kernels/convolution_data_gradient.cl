// Gradient of a convolution with respect to its input.
//
//   patches[m][i][q][c] = sum over o of dy[m][o] * w[i][q][c][o]
//   dx[n][h][v][c]      = sum over (i, q) of patches[(n, oh, ow)][i][q][c]  with  oh SH - PH + i = h,  ow SW - PW + q = v
//
// The patches of a band of output rows are made in scratch memory (level-2 cache) and gathered into dx at once, so
// no arithmetic is spent on borders, whatever the stride and padding.
//
//   dy: (N, OH, OW, O) read     w: (KH, KW, C, O) read     dx: (N, H, W, C) written
//   packed: (blocks, O, columns), written by pack_weights: w transposed, for each block of CB channels the columns (i, q, c)
//           followed by zeros up to `columns`, a multiple of NV * VEC
//   scratch: (items, band * OW, columns), undefined before and after
//
// convolution_data_gradient, work-item: every items-th of the `images`, one of which is a block of channels of one example,
// in one piece of scratch memory. pack_weights, work-item: VEC outputs of a block.
//
// Macros: MR, NV  pixels x vectors of columns whose sums stay in registers
//         DEPTH   outputs summed in a pass, at most
// Tolerance against NumPy: 1e-5 of the largest |dx|.
// Source: as convolution_forward.cl; Chellapilla, Puri, Simard (2006) for the patches.

#ifndef MR
#define MR 4
#endif
#ifndef NV
#define NV 3
#endif
#ifndef DEPTH
#define DEPTH 200
#endif

KERNEL pack_weights(
    global const float *restrict w, global float *restrict packed,
    const int items, const int O, const int C, const int CB, const int taps, const int columns) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int groups = (O + VEC - 1) / VEC, o = (item % groups) * VEC, first = (item / groups) * CB;
    const int lanes = min(VEC, O - o), channels = min(CB, C - first);
    global float *to = packed + ((size_t)(item / groups) * O + o) * columns;
    for (int column = 0; column < columns; column++) {
        const int tap = column / CB, c = column - tap * CB;
        const bool used = tap < taps && c < channels;
        global const float *from = w + (size_t)(tap * C + first + c) * O + o;
        for (int lane = 0; lane < lanes; lane++) to[(size_t)lane * columns + column] = used ? from[lane] : 0.0f;
    }
}

// patches[p][:] = sum over o of dy[p][o] * packed[o][:] for `pixels` pixels.
inline void make_patches(
    global const float *restrict dy, global const float *restrict packed, global float *restrict patches,
    const int pixels, const int O, const int columns) {
    floatv panel[DEPTH * NV];
    for (int column = 0; column < columns; column += NV * VEC)
        for (int o = 0; o < O; o += DEPTH) {
            const int count = min(DEPTH, O - o);
            for (int k = 0; k < count; k++)
                UNROLL for (int j = 0; j < NV; j++)
                    panel[k * NV + j] = LOAD(packed + (size_t)(o + k) * columns + column + j * VEC);
            for (int p = 0; p < pixels; p += MR) {
                global const float *source[MR];
                global float *target[MR];
                floatv sum[MR][NV];
                UNROLL for (int i = 0; i < MR; i++) {
                    const int pixel = min(p + i, pixels - 1);  // past the end: the last pixel again, same result
                    source[i] = dy + (size_t)pixel * O + o;
                    target[i] = patches + (size_t)pixel * columns + column;
                    UNROLL for (int j = 0; j < NV; j++) sum[i][j] = o == 0 ? (floatv)(0) : LOAD(target[i] + j * VEC);
                }
                for (int k = 0; k < count; k++) {
                    floatv weights[NV];
                    UNROLL for (int j = 0; j < NV; j++) weights[j] = panel[k * NV + j];
                    UNROLL for (int i = 0; i < MR; i++) {
                        const floatv value = (floatv)(source[i][k]);
                        UNROLL for (int j = 0; j < NV; j++) sum[i][j] = fma(value, weights[j], sum[i][j]);
                    }
                }
                UNROLL for (int i = 0; i < MR; i++)
                    UNROLL for (int j = 0; j < NV; j++) STORE(sum[i][j], target[i] + j * VEC);
            }
        }
}

inline void clear_image(global float *restrict image, const int pixels, const int C, const int channels) {
    for (int pixel = 0; pixel < pixels; pixel++)
        for (int c = 0; c < channels; c += VEC) store_float((floatv)(0), image + (size_t)pixel * C + c, channels - c);
}

// Add the patches of output rows top..top + rows - 1 to a block of channels of one image.
inline void gather_patches(
    global const float *restrict patches, global float *restrict image, const int top, const int rows,
    const int H, const int W, const int C, const int CB, const int channels, const int OW,
    const int KH, const int KW, const int SH, const int SW, const int PH, const int PW, const int columns) {
    const int h_stop = min(H, (top + rows - 1) * SH - PH + KH);
    for (int h = max(0, top * SH - PH); h < h_stop; h++) {
        // The smallest i, q that lead to a row and a column of this band; SH or SW more is one output back.
        const int i_start = max((h + PH) % SH, h + PH - (top + rows - 1) * SH);
        const int i_stop = min(KH, h + PH - top * SH + 1), last_row = (h + PH - i_start) / SH - top;
        for (int v = 0; v < W; v++) {
            const int q_start = max((v + PW) % SW, v + PW - (OW - 1) * SW);
            const int q_stop = min(KW, v + PW + 1), column = (v + PW - q_start) / SW;
            for (int c = 0; c < channels; c += VEC) {
                global float *to = image + (size_t)(h * W + v) * C + c;
                floatv sum = LOAD(to);
                for (int i = i_start, row = last_row; i < i_stop; i += SH, row--) {
                    global const float *from = patches + (row * OW + column) * columns + (i * KW + q_start) * CB + c;
                    for (int q = q_start; q < q_stop; q += SW, from += SW * CB - columns) sum += LOAD(from);
                }
                store_float(sum, to, channels - c);
            }
        }
    }
}

KERNEL convolution_data_gradient(
    global const float *restrict dy, global const float *restrict packed, global float *restrict scratch,
    global float *restrict dx,
    const int items, const int images, const int blocks, const int band, const int H, const int W, const int C, const int CB,
    const int OH, const int OW, const int O, const int KH, const int KW, const int SH, const int SW,
    const int PH, const int PW, const int columns) {
    if (get_global_id(0) >= items) return;
    global float *patches = scratch + get_global_id(0) * band * OW * columns;
    for (int image = get_global_id(0); image < images; image += items) {
        const int n = image / blocks, block = image - n * blocks;
        global const float *gradient = dy + (size_t)n * OH * OW * O;
        global const float *weights = packed + (size_t)block * O * columns;
        global float *to = dx + (size_t)n * H * W * C + block * CB;
        const int channels = min(CB, C - block * CB);
        clear_image(to, H * W, C, channels);
        for (int top = 0; top < OH; top += band) {
            const int rows = min(band, OH - top);
            make_patches(gradient + top * OW * O, weights, patches, rows * OW, O, columns);
            gather_patches(patches, to, top, rows, H, W, C, CB, channels, OW, KH, KW, SH, SW, PH, PW, columns);
        }
    }
}
