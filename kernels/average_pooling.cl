// Means of windows, and the gradient that is shared out evenly among their elements.
//
//   y[n][i][j][c]  = 1 / D[i][j] * sum over p < KH, q < KW of x[n][i SH - PH + p][j SW - PW + q][c], zero outside the image
//   dx[n][h][v][c] = sum over the windows that hold (h, v) of dy[n][i][j][c] / D[i][j], in the order of p, then q
//   D[i][j] = how many elements of the padded image, or of the image alone, the window holds
//
//   x, dx: (N, H, W, C)     y, dy: (N, OH, OW, C)
//
// Work-item: one row of y, one row of dx. Tolerance against NumPy: 1e-6 of the largest |y| or |dx|.
//
// Macros: KH, KW, SH, SW  height and width of a window and from one to the next: known here, its loops unroll
//         PADDED  1: D counts padding; 0: it does not

#ifndef KH
#define KH 2
#endif
#ifndef KW
#define KW 2
#endif
#ifndef SH
#define SH 2
#endif
#ifndef SW
#define SW 2
#endif
#ifndef PADDED
#define PADDED 1
#endif

// How many of the places from `start` to start + K the divisor counts, on an axis of `size` with `pad` on both sides.
static inline int held(const int start, const int K, const int size, const int pad) {
    const int edge = PADDED ? pad : 0;
    return min(start + K, size + edge) - max(start, -edge);
}

KERNEL average_pooling(
    global const float *restrict x, global float *restrict y,
    const int items, const int H, const int W, const int C, const int OH, const int OW, const int PH, const int PW) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int n = item / OH, top = (item - n * OH) * SH - PH;
    global const float *image = x + (size_t)n * H * W * C;
    for (int ow = 0; ow < OW; ow++) {
        const int left = ow * SW - PW;
        const float divisor = (float)(held(top, KH, H, PH) * held(left, KW, W, PW));
        const int p_stop = min(KH, H - top), q_start = max(0, -left), q_stop = min(KW, W - left);
        for (int c = 0; c < C; c += VEC) {
            floatv sum = (floatv)(0);
            for (int p = max(0, -top); p < p_stop; p++)
                for (int q = q_start; q < q_stop; q++) sum += LOAD(image + ((top + p) * W + left + q) * C + c);
            store_float(sum / divisor, y + ((size_t)item * OW + ow) * C + c, C - c);
        }
    }
}

KERNEL average_pooling_gradient(
    global const float *restrict dy, global float *restrict dx,
    const int items, const int H, const int W, const int C, const int OH, const int OW, const int PH, const int PW) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int n = item / H, h = item - n * H + PH;
    for (int v = PW; v < W + PW; v++) {
        const int p_start = max(h % SH, h - (OH - 1) * SH), q_start = max(v % SW, v - (OW - 1) * SW);
        for (int c = 0; c < C; c += VEC) {
            floatv sum = (floatv)(0);
            for (int p = p_start; p < KH && p <= h; p += SH)
                for (int q = q_start; q < KW && q <= v; q += SW) {
                    const float divisor = (float)(held(h - p - PH, KH, H, PH) * held(v - q - PW, KW, W, PW));
                    sum += LOAD(dy + (((size_t)n * OH + (h - p) / SH) * OW + (v - q) / SW) * C + c) / divisor;
                }
            store_float(sum, dx + ((size_t)item * W + v - PW) * C + c, C - c);
        }
    }
}
