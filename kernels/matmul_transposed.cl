// Product with a transposed matrix:  y[m][i] = sum over o of a[m][o] * b[i][o]. The data gradient of a linear layer.
//
//   a: (M, O) read     b: (I, O) read     y: (M, I) written
//
// Rows of both are contiguous, so the sums run over vectors of o and are added across lanes at the end, in a fixed order.
// Work-item: rows_a rows of a x rows_b rows of b. BR rows of b stay in the level-1 cache while the rows of a pass by, AR at
// a time.
//
// Macros: AR, BR  rows of a x rows of b whose sums stay in registers
// Tolerance against NumPy: 1e-5 of the largest |y|.

#ifndef AR
#define AR 3
#endif
#ifndef BR
#define BR 4
#endif

inline float add_4(float4 v) { return (v.x + v.z) + (v.y + v.w); }
inline float add_8(float8 v) { return add_4(v.lo + v.hi); }
inline float add_16(float16 v) { return add_8(v.lo + v.hi); }

KERNEL matmul_transposed(
    global const float *restrict a, global const float *restrict b, global float *restrict y,
    const int items, const int blocks_a, const int rows_a, const int rows_b, const int M, const int I, const int O) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int a_start = (item % blocks_a) * rows_a, a_stop = min(a_start + rows_a, M);
    const int b_start = (item / blocks_a) * rows_b, b_stop = min(b_start + rows_b, I);
    const int whole = O / VEC * VEC;
    intv lane;
    for (int l = 0; l < VEC; l++) ((int *)&lane)[l] = l;
    const intv kept = lane < (intv)(O - whole);

    for (int i = b_start; i < b_stop; i += BR)
        for (int m = a_start; m < a_stop; m += AR) {
            global const float *from_a[AR], *from_b[BR];
            floatv sum[AR][BR];
            UNROLL for (int r = 0; r < AR; r++) from_a[r] = a + (size_t)min(m + r, a_stop - 1) * O;
            UNROLL for (int s = 0; s < BR; s++) from_b[s] = b + (size_t)min(i + s, b_stop - 1) * O;
            UNROLL for (int r = 0; r < AR; r++)
                UNROLL for (int s = 0; s < BR; s++) sum[r][s] = (floatv)(0);
            for (int o = 0; o < whole; o += VEC) {
                floatv values[AR];
                UNROLL for (int r = 0; r < AR; r++) values[r] = LOAD(from_a[r] + o);
                UNROLL for (int s = 0; s < BR; s++) {
                    const floatv weights = LOAD(from_b[s] + o);
                    UNROLL for (int r = 0; r < AR; r++) sum[r][s] = fma(values[r], weights, sum[r][s]);
                }
            }
            if (whole < O)
                UNROLL for (int s = 0; s < BR; s++) {
                    const floatv weights = select((floatv)(0), LOAD(from_b[s] + whole), kept);
                    UNROLL for (int r = 0; r < AR; r++)
                        sum[r][s] = fma(select((floatv)(0), LOAD(from_a[r] + whole), kept), weights, sum[r][s]);
                }
            UNROLL for (int r = 0; r < AR; r++)
                UNROLL for (int s = 0; s < BR; s++)
                    if (m + r < a_stop && i + s < b_stop) y[(size_t)(m + r) * I + i + s] = JOIN(add_, VEC)(sum[r][s]);
        }
}
