// Matrix product with few rows on a CPU:  Y = op(A) B, op(A) = A or its transpose. Reads B once, where it lies.
// Where BIASED, a row is added to all rows of Y: Y = op(A) B + bias.
//
//   A: (ROWS, K), or (K, ROWS) where TRANSPOSE_A, read     B: (K, N) read     Y: (ROWS, N) written     bias: (N,) read where BIASED
//
// Work-item: `strip` columns of Y, at most STRIP. It takes UNIT rows of B at a time, so that as many streams of neighbouring
// addresses run at once, and adds their products to the sums, which wait side by side in the level-1 cache: rows of Y lie too
// far apart, often in the same few lines of the cache. The order of a sum is that of k.
//
// Macros: ROWS         rows of Y
//         STRIP        columns of a work-item, at most
//         UNIT         rows of B that are read together
//         TRANSPOSE_A, BIASED  0 or 1
// Tolerance against NumPy: 1e-5 of the largest |Y|.

#ifndef ROWS
#define ROWS 4
#endif
#ifndef STRIP
#define STRIP 512
#endif
#ifndef UNIT
#define UNIT 8
#endif
#ifndef BIASED
#define BIASED 0
#endif
#ifndef TRANSPOSE_A
#define TRANSPOSE_A 0
#endif

// sums[n / VEC][row] += op(A)[row][k.. k + COUNT - 1] B for all columns of the strip.
#define ADD_PRODUCTS(COUNT)                                                                      \
    for (int n = 0; n < columns; n += VEC) {                                                     \
        global const float *b = B + (size_t)k * N + n_start + n;                                 \
        floatv sum[ROWS];                                                                        \
        UNROLL for (int r = 0; r < ROWS; r++) sum[r] = sums[n / VEC * ROWS + r];                 \
        UNROLL for (int u = 0; u < COUNT; u++) {                                                 \
            const floatv values = LOAD(b + (size_t)u * N);                                       \
            UNROLL for (int r = 0; r < ROWS; r++) {                                              \
                const float factor = TRANSPOSE_A ? A[(size_t)(k + u) * ROWS + r] : A[(size_t)r * K + k + u]; \
                sum[r] = fma((floatv)(factor), values, sum[r]);                                  \
            }                                                                                    \
        }                                                                                        \
        UNROLL for (int r = 0; r < ROWS; r++) sums[n / VEC * ROWS + r] = sum[r];                 \
    }

KERNEL gemm_few_rows(
    global const float *restrict A, global const float *restrict B, global float *restrict Y,
#if BIASED
    global const float *restrict bias,
#endif
    const int items, const int strip, const int N, const int K) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int n_start = item * strip, columns = min(strip, N - n_start);
    floatv sums[STRIP / VEC * ROWS];
#if BIASED
    for (int i = 0; i < (columns + VEC - 1) / VEC * ROWS; i++) sums[i] = LOAD(bias + n_start + i / ROWS * VEC);
#else
    for (int i = 0; i < (columns + VEC - 1) / VEC * ROWS; i++) sums[i] = (floatv)(0);
#endif
    int k = 0;
    for (; k + UNIT <= K; k += UNIT) ADD_PRODUCTS(UNIT)
    for (; k < K; k++) ADD_PRODUCTS(1)
    for (int n = 0; n < columns; n += VEC)
        for (int r = 0; r < ROWS; r++)
            store_float(sums[n / VEC * ROWS + r], Y + (size_t)r * N + n_start + n, columns - n);
}
