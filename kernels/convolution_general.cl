// Convolution with dilation and groups, and its gradients, one tap after the other: for every shape, on every device.
//
//   y[n][oh][ow][o]  = b[o] + sum over i, q, c of x[n][oh SH - PH + i DH][ow SW - PW + q DW][g CG + c] * w[i][q][c][o]
//   dx[n][h][v][c]   = sum over i, q, o of dy[n][oh][ow][o] * w[i][q][c - g CG][o]  with  oh SH - PH + i DH = h,  likewise v
//   dw[i][q][c][o]   = sum over n, oh, ow of x[n][oh SH - PH + i DH][ow SW - PW + q DW][g CG + c] * dy[n][oh][ow][o]
//   db[o]            = sum over n, oh, ow of dy[n][oh][ow][o]
//
// g = o / OG is the group of output o, or c / CG that of channel c; x outside of its images is zero.
//
//   x, dx: (N, H, W, G CG)     y, dy: (N, OH, OW, G OG)     w, dw: (KH, KW, CG, G OG)     b, db: (G OG,), if biased
//
// convolution_general, work-item: VEC outputs of a group at one pixel. convolution_general_data_gradient, work-item: a channel
// of a pixel. convolution_general_weight_gradient, work-item: VEC outputs of a group at one tap and channel; sums image by image.
//
// Tolerance against NumPy: 1e-5 of the largest result.

#define SHAPE                                                                                                       \
    const int N, const int H, const int W, const int G, const int CG, const int OH, const int OW, const int OG,     \
    const int KH, const int KW, const int SH, const int SW, const int PH, const int PW, const int DH, const int DW

KERNEL convolution_general(
    global const float *restrict x, global const float *restrict w, global const float *restrict b, global float *restrict y,
    const int items, SHAPE, const int biased, const int rectified) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int vectors = (OG + VEC - 1) / VEC, C = G * CG, O = G * OG;
    const int first = item % vectors * VEC, g = item / vectors % G, pixel = item / vectors / G;
    const int n = pixel / (OH * OW), oh = pixel / OW % OH, ow = pixel % OW, o = g * OG + first;
    floatv sum = biased ? LOAD(b + o) : (floatv)(0);
    for (int i = 0; i < KH; i++) {
        const int h = oh * SH - PH + i * DH;
        if (h < 0 || h >= H) continue;
        for (int q = 0; q < KW; q++) {
            const int v = ow * SW - PW + q * DW;
            if (v < 0 || v >= W) continue;
            global const float *from = x + ((size_t)(n * H + h) * W + v) * C + g * CG;
            global const float *weights = w + (size_t)(i * KW + q) * CG * O + o;
            for (int c = 0; c < CG; c++) sum = fma((floatv)(from[c]), LOAD(weights + (size_t)c * O), sum);
        }
    }
    if (rectified) sum = select(sum, (floatv)(0), sum <= (floatv)(0));
    store_float(sum, y + (size_t)pixel * O + o, OG - first);
}

KERNEL convolution_general_data_gradient(
    global const float *restrict dy, global const float *restrict w, global float *restrict dx, const int items, SHAPE) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int C = G * CG, O = G * OG, pixel = item / C, c = item - pixel * C, g = c / CG;
    const int n = pixel / (H * W), h = pixel / W % H, v = pixel % W;
    float sum = 0;
    for (int i = 0; i < KH; i++) {
        const int down = h + PH - i * DH;
        if (down < 0 || down % SH || down / SH >= OH) continue;
        for (int q = 0; q < KW; q++) {
            const int right = v + PW - q * DW;
            if (right < 0 || right % SW || right / SW >= OW) continue;
            global const float *from = dy + ((size_t)(n * OH + down / SH) * OW + right / SW) * O + g * OG;
            global const float *weights = w + ((size_t)(i * KW + q) * CG + c - g * CG) * O + g * OG;
            for (int o = 0; o < OG; o++) sum = fma(from[o], weights[o], sum);
        }
    }
    dx[item] = sum;
}

KERNEL convolution_general_weight_gradient(
    global const float *restrict x, global const float *restrict dy, global float *restrict dw, global float *restrict db,
    const int items, SHAPE, const int biased) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int vectors = (OG + VEC - 1) / VEC, C = G * CG, O = G * OG;
    const int first = item % vectors * VEC, g = item / vectors % G, row = item / vectors / G;
    const int c = row % CG, q = row / CG % KW, i = row / CG / KW, o = g * OG + first;
    floatv total = (floatv)(0), bias = (floatv)(0);
    for (int n = 0; n < N; n++) {
        floatv sum = (floatv)(0), ones = (floatv)(0);
        for (int oh = 0; oh < OH; oh++) {
            const int h = oh * SH - PH + i * DH;
            for (int ow = 0; ow < OW; ow++) {
                const int v = ow * SW - PW + q * DW;
                const floatv gradient = LOAD(dy + ((size_t)(n * OH + oh) * OW + ow) * O + o);
                ones += gradient;
                if (h < 0 || h >= H || v < 0 || v >= W) continue;
                sum = fma((floatv)(x[((size_t)(n * H + h) * W + v) * C + g * CG + c]), gradient, sum);
            }
        }
        total += sum;
        bias += ones;
    }
    store_float(total, dw + (size_t)row * O + o, OG - first);
    if (biased && row == 0) store_float(bias, db + o, OG - first);
}
