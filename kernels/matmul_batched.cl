// Products of stacks of matrices:  y[b][m][n] = sum over k of A[b][m][k] * B[b][k][n].  Whole numbers wrap.
//
//   A: (batch, M, K) read     B: (batch, K, N) read     y: (batch, M, N) written
//
// Work-item: MR rows x NV vectors of columns of one matrix, summed in registers in the order of k. Rows past the last are
// read as the last and not stored.
//
// Macros: TYPE    element type: float, int or uchar
//         MR, NV  rows x vectors of columns of a work-item
// Tolerance against NumPy: 1e-5 of the largest |y| for floats, none for whole numbers.

#ifndef TYPE
#define TYPE float
#endif
#ifndef MR
#define MR 4
#endif
#ifndef NV
#define NV 2
#endif

typedef JOIN(TYPE, VEC) typev;

static inline floatv multiply_add_float(float a, floatv b, floatv sum) { return fma((floatv)(a), b, sum); }
static inline intv multiply_add_int(int a, intv b, intv sum) {  // unsigned: overflow is defined there
    return JOIN(as_int, VEC)(JOIN(as_uint, VEC)(sum) + (uint)a * JOIN(as_uint, VEC)(b));
}
static inline ucharv multiply_add_uchar(uchar a, ucharv b, ucharv sum) { return sum + (ucharv)(a) * b; }

KERNEL matmul_batched(
    global const TYPE *restrict A, global const TYPE *restrict B, global TYPE *restrict y,
    const int items, const int M, const int K, const int N, const int row_tiles, const int column_tiles) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int tile = item / column_tiles, batch = tile / row_tiles;
    const int n = (item - tile * column_tiles) * NV * VEC, m = (tile - batch * row_tiles) * MR;
    global const TYPE *from_b = B + (size_t)batch * K * N + n, *from_a[MR];
    typev sum[MR][NV];
    UNROLL for (int i = 0; i < MR; i++) {
        from_a[i] = A + ((size_t)batch * M + min(m + i, M - 1)) * K;
        UNROLL for (int j = 0; j < NV; j++) sum[i][j] = (typev)(0);
    }
    for (int k = 0; k < K; k++) {
        typev b[NV];
        UNROLL for (int j = 0; j < NV; j++) b[j] = LOAD(from_b + (size_t)k * N + j * VEC);
        UNROLL for (int i = 0; i < MR; i++)
            UNROLL for (int j = 0; j < NV; j++) sum[i][j] = JOIN(multiply_add_, TYPE)(from_a[i][k], b[j], sum[i][j]);
    }
    for (int i = 0; i < min(MR, M - m); i++)
        UNROLL for (int j = 0; j < NV; j++)
            JOIN(store_, TYPE)(sum[i][j], y + ((size_t)batch * M + m + i) * N + n + j * VEC, N - n - j * VEC);
}
