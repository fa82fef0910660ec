// Depthwise convolution and its gradients: every channel has a kernel of its own.
//
//   y[n][oh][ow][c]  = b[c] + sum over i, q of x[n][oh SH - PH + i DH][ow SW - PW + q DW][c] * w[i][q][c]
//   dx[n][h][v][c]   = sum over i, q of dy[n][oh][ow][c] * w[i][q][c]  with  oh SH - PH + i DH = h,  ow SW - PW + q DW = v
//   dw[i][q][c]      = sum over n, oh, ow of x[n][oh SH - PH + i DH][ow SW - PW + q DW][c] * dy[n][oh][ow][c]
//   db[c]            = sum over n, oh, ow of dy[n][oh][ow][c]
//
//   x, dx: (N, H, W, C)     y, dy: (N, OH, OW, C), y = max(y, 0) where rectified     w: (KH, KW, C)     b: (C,) if biased
//   dw: (KH, KW, C) of each chunk, chunk_size apart     db: (C,) of each chunk from bias_start on, if biased
//
// convolution_depthwise, convolution_depthwise_data_gradient, work-item: `part` pixels of the result x `width` channels.
// convolution_depthwise_weight_gradient, work-item: WIDE vectors of channels of one chunk of the pixels; the number of chunks
// follows from the shape alone, and reduce_chunks.cl adds them up in order. It takes PASS pixels at a time for all taps.
//
// Macros: WIDE  vectors of channels whose sums stay in registers
//         PASS  pixels that stay in a level-1 cache
// Tolerance against NumPy: 1e-5 of the largest result.

#ifndef WIDE
#define WIDE 4
#endif
#ifndef PASS
#define PASS 64
#endif

#define SHAPE                                                                                                    \
    const int H, const int W, const int C, const int OH, const int OW, const int KH, const int KW, const int SH, \
    const int SW, const int PH, const int PW, const int DH, const int DW

KERNEL convolution_depthwise(
    global const float *restrict x, global const float *restrict w, global const float *restrict b, global float *restrict y,
    const int items, const int blocks, const int part, const int width, const int pixels, SHAPE, const int biased,
    const int rectified) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int c_start = item % blocks * width, c_stop = min(c_start + width, C), start = item / blocks * part;
    for (int pixel = start; pixel < min(start + part, pixels); pixel++) {
        const int n = pixel / (OH * OW), top = pixel / OW % OH * SH - PH, left = pixel % OW * SW - PW;
        for (int c = c_start; c < c_stop; c += VEC) {
            floatv sum = biased ? LOAD(b + c) : (floatv)(0);
            for (int i = 0; i < KH; i++) {
                const int h = top + i * DH;
                if (h < 0 || h >= H) continue;
                for (int q = 0; q < KW; q++) {
                    const int v = left + q * DW;
                    if (v < 0 || v >= W) continue;
                    sum = fma(LOAD(x + ((size_t)(n * H + h) * W + v) * C + c), LOAD(w + (i * KW + q) * C + c), sum);
                }
            }
            if (rectified) sum = select(sum, (floatv)(0), sum <= (floatv)(0));
            store_float(sum, y + (size_t)pixel * C + c, c_stop - c);
        }
    }
}

KERNEL convolution_depthwise_data_gradient(
    global const float *restrict dy, global const float *restrict w, global float *restrict dx,
    const int items, const int blocks, const int part, const int width, const int pixels, SHAPE) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int c_start = item % blocks * width, c_stop = min(c_start + width, C), start = item / blocks * part;
    for (int pixel = start; pixel < min(start + part, pixels); pixel++) {
        const int n = pixel / (H * W), h = pixel / W % H, v = pixel % W;
        for (int c = c_start; c < c_stop; c += VEC) {
            floatv sum = (floatv)(0);
            for (int i = 0; i < KH; i++) {
                const int down = h + PH - i * DH;
                if (down < 0 || down % SH || down / SH >= OH) continue;
                for (int q = 0; q < KW; q++) {
                    const int right = v + PW - q * DW;
                    if (right < 0 || right % SW || right / SW >= OW) continue;
                    global const float *from = dy + ((size_t)(n * OH + down / SH) * OW + right / SW) * C + c;
                    sum = fma(LOAD(from), LOAD(w + (i * KW + q) * C + c), sum);
                }
            }
            store_float(sum, dx + (size_t)pixel * C + c, c_stop - c);
        }
    }
}

KERNEL convolution_depthwise_weight_gradient(
    global const float *restrict x, global const float *restrict dy, global float *restrict dw, global float *restrict db,
    const int items, const int blocks, const int chunk_pixels, const int pixels, SHAPE,
    const int chunk_size, const int bias_start, const int biased) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int c = item % blocks * WIDE * VEC, chunk = item / blocks;
    const int start = chunk * chunk_pixels, stop = min(start + chunk_pixels, pixels);
    for (int m = start; m < stop; m += PASS)
        for (int tap = biased ? -1 : 0; tap < KH * KW; tap++) {  // -1: the bias
            const int a = tap / KW * DH - PH, b = tap % KW * DW - PW;
            global float *to = tap < 0 ? db + (size_t)chunk * chunk_size + bias_start + c
                                       : dw + (size_t)chunk * chunk_size + tap * C + c;
            floatv sum[WIDE];
            UNROLL for (int j = 0; j < WIDE; j++) sum[j] = m == start || c + j * VEC >= C ? (floatv)(0) : LOAD(to + j * VEC);
            for (int pixel = m; pixel < min(m + PASS, stop); pixel++) {
                const int n = pixel / (OH * OW), h = pixel / OW % OH * SH + a, v = pixel % OW * SW + b;
                global const float *gradient = dy + (size_t)pixel * C + c;
                if (tap < 0) {
                    UNROLL for (int j = 0; j < WIDE; j++) sum[j] += LOAD(gradient + j * VEC);
                } else if (h >= 0 && h < H && v >= 0 && v < W) {
                    global const float *from = x + ((size_t)(n * H + h) * W + v) * C + c;
                    UNROLL for (int j = 0; j < WIDE; j++)
                        sum[j] = fma(LOAD(from + j * VEC), LOAD(gradient + j * VEC), sum[j]);
                }
            }
            UNROLL for (int j = 0; j < WIDE; j++) store_float(sum[j], to + j * VEC, C - c - j * VEC);
        }
}
