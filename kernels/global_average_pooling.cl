// The mean of each channel of an image, and the gradient that every pixel shares.
//
//   y[n][c] = 1/P sum over p of x[n][p][c]     dx[n][p][c] = dy[n][c] / P,  for the P = H W pixels of an image
//
//   x, dx: (N, P, C)     y, dy: (N, C)
//
// Work-item: a vector of channels of an image. Four pixels are added before their sum is compensated.
// Tolerance against NumPy: 1e-6 of the largest |x| or |dy|. Source: Neumaier (1974) for the sum.

#pragma OPENCL FP_CONTRACT OFF

static inline void add(floatv *total, floatv *lost, const floatv v) {
    const floatv a = *total, next = a + v;
    const intv kept = fabs(a) >= fabs(v);
    *lost += (select(v, a, kept) - next) + select(a, v, kept);
    *total = next;
}

KERNEL global_average_pooling(
    global const float *restrict x, global float *restrict y,
    const int items, const int P, const int C, const int vectors) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int n = item / vectors, c = (item - n * vectors) * VEC;
    global const float *from = x + (size_t)n * P * C + c;
    floatv total = (floatv)(0), lost = (floatv)(0);
    int p = 0;
    for (; p <= P - 4; p += 4) {
        global const float *at = from + (size_t)p * C;
        add(&total, &lost, (LOAD(at) + LOAD(at + C)) + (LOAD(at + 2 * C) + LOAD(at + 3 * C)));
    }
    for (; p < P; p++) add(&total, &lost, LOAD(from + (size_t)p * C));
    store_float((total + lost) / (float)P, y + (size_t)n * C + c, C - c);
}

KERNEL global_average_pooling_gradient(
    global const float *restrict dy, global float *restrict dx,
    const int items, const int P, const int C, const int vectors) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int n = item / vectors, c = (item - n * vectors) * VEC;
    const floatv value = LOAD(dy + (size_t)n * C + c) / (float)P;
    for (int p = 0; p < P; p++) store_float(value, dx + ((size_t)n * P + p) * C + c, C - c);
}
