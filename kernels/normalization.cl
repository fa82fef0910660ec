// Normalization of channels, the last axis, and its gradients, with the addition and the rectifier that may follow.
//
//   normalize:  y = act((x - mean) * inverse * gamma + beta + addend)       act: max(., 0) if RELU, else nothing
//   gradient_sums, combine_sums:  dbeta[c] = sum over rows of dz[r][c]      dgamma[c] = sum over rows of dz xhat
//   gradient:  dx = gamma * inverse * (dz - dbeta / M - xhat * dgamma / M)
//   where xhat = (x - mean) * inverse, and dz = dy where y > 0 and 0 elsewhere if RELU, else dy
//
//   x, dy, addend, y, dz, dx: (M, C)     mean, inverse, gamma, beta, dgamma, dbeta: (C,)     partial: (2, chunks, C)
//
// Whether y > 0 is read from y if ACTIVATED, and gradient_sums then writes dz, which `gradient` takes as its dy; otherwise it is
// computed again from x, with the same operations and so the same bits. What is not used is not read.
// gradient_sums: the rows are cut into chunks of `rows`, whose number follows from M alone; a chunk is summed four rows at a
// time. combine_sums: the chunks from the first to the last, in compensated sums.
//
// Work-item: `rows` rows of `width` columns; combine_sums: a vector of columns.
//
// Macros: RELU, ADDEND, ACTIVATED  0 or 1     STREAMS  vectors of columns that are summed side by side
// Tolerance against NumPy, for the same statistics: normalize none; sums 1e-5 of the sum of magnitudes, dx 1e-5 of the largest.
// Source: Ioffe, Szegedy, Batch Normalization (2015), section 3.

#ifndef RELU
#define RELU 0
#endif
#ifndef ADDEND
#define ADDEND 0
#endif
#ifndef ACTIVATED
#define ACTIVATED 0
#endif
#ifndef STREAMS
#define STREAMS 2
#endif

#pragma OPENCL FP_CONTRACT OFF

KERNEL normalize(
    global const float *restrict x, global const float *restrict mean, global const float *restrict inverse,
    global const float *restrict gamma, global const float *restrict beta, global const float *restrict addend,
    global float *restrict y, const int items, const int M, const int C, const int blocks, const int rows, const int width) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int block = item / blocks, start = block * rows, stop = min(start + rows, M);
    const int first = (item - block * blocks) * width, end = min(first + width, C);
    for (int row = start; row < stop; row++)
        for (int c = first; c < end; c += VEC) {
            const size_t at = (size_t)row * C + c;
            floatv value = (LOAD(x + at) - LOAD(mean + c)) * LOAD(inverse + c) * LOAD(gamma + c) + LOAD(beta + c);
#if ADDEND
            value += LOAD(addend + at);
#endif
#if RELU
            value = select(value, (floatv)(0), value <= (floatv)(0));
#endif
            store_float(value, y + at, C - c);
        }
}

// dz of a vector of dy: where y > 0, y computed as above from xhat
#if RELU && !ACTIVATED
#define PASS(dy, xhat, gamma, beta) select((floatv)(0), dy, (xhat) * (gamma) + (beta) > (floatv)(0))
#else
#define PASS(dy, xhat, gamma, beta) (dy)
#endif

#define XHAT(k, s) ((LOAD(x + (size_t)(k) * C + column + (s) * VEC) - center[s]) * scale[s])
#if ACTIVATED
#define DY(k, s) take_activated(dy, y, dz, (size_t)(k) * C + column + (s) * VEC, C - column - (s) * VEC)
#else
#define DY(k, s) LOAD(dy + (size_t)(k) * C + column + (s) * VEC)
#endif

static inline floatv take_activated(
    global const float *restrict dy, global const float *restrict y, global float *restrict dz, const size_t at,
    const int lanes) {
    const floatv value = select((floatv)(0), LOAD(dy + at), LOAD(y + at) > (floatv)(0));
    store_float(value, dz + at, lanes);
    return value;
}

#define SUM_ROWS(count)                                                                                       \
    {                                                                                                         \
        floatv center[count], scale[count], factor[count], shift[count], sum[count], product[count];          \
        UNROLL for (int s = 0; s < count; s++) {                                                              \
            center[s] = LOAD(mean + column + s * VEC);                                                        \
            scale[s] = LOAD(inverse + column + s * VEC);                                                      \
            factor[s] = LOAD(gamma + column + s * VEC);                                                       \
            shift[s] = LOAD(beta + column + s * VEC);                                                         \
            sum[s] = product[s] = (floatv)(0);                                                                \
        }                                                                                                     \
        int k = start;                                                                                        \
        for (; k <= stop - 4; k += 4)                                                                         \
            UNROLL for (int s = 0; s < count; s++) {                                                          \
                const floatv xa = XHAT(k, s), xb = XHAT(k + 1, s), xc = XHAT(k + 2, s), xd = XHAT(k + 3, s);  \
                const floatv a = PASS(DY(k, s), xa, factor[s], shift[s]);                                     \
                const floatv b = PASS(DY(k + 1, s), xb, factor[s], shift[s]);                                 \
                const floatv c = PASS(DY(k + 2, s), xc, factor[s], shift[s]);                                 \
                const floatv d = PASS(DY(k + 3, s), xd, factor[s], shift[s]);                                 \
                sum[s] += (a + b) + (c + d);                                                                  \
                product[s] += (a * xa + b * xb) + (c * xc + d * xd);                                          \
            }                                                                                                 \
        for (; k < stop; k++)                                                                                 \
            UNROLL for (int s = 0; s < count; s++) {                                                          \
                const floatv xa = XHAT(k, s), a = PASS(DY(k, s), xa, factor[s], shift[s]);                    \
                sum[s] += a;                                                                                  \
                product[s] += a * xa;                                                                         \
            }                                                                                                 \
        UNROLL for (int s = 0; s < count; s++) {                                                              \
            const int at = column + s * VEC, lanes = C - at;                                                  \
            store_float(product[s], partial + (size_t)chunk * C + at, lanes);                                 \
            store_float(sum[s], partial + (size_t)(chunks + chunk) * C + at, lanes);                          \
        }                                                                                                     \
    }

KERNEL gradient_sums(
    global const float *restrict dy, global const float *restrict x, global const float *restrict y,
    global const float *restrict mean, global const float *restrict inverse,
    global const float *restrict gamma, global const float *restrict beta,
    global float *restrict dz, global float *restrict partial,
    const int items, const int M, const int C, const int chunks, const int rows, const int width) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int chunk = item % chunks, start = chunk * rows, stop = min(start + rows, M);
    int column = item / chunks * width;
    const int end = min(column + width, C);
    for (; column < end - (STREAMS - 1) * VEC; column += STREAMS * VEC) SUM_ROWS(STREAMS)
    for (; column < end; column += VEC) SUM_ROWS(1)
}

// The sum of the chunks of a vector of columns, what is lost in rounding added at the end. Source: Neumaier (1974).
static inline floatv add_chunks(global const float *restrict partial, const int chunks, const int C) {
    floatv total = (floatv)(0), lost = (floatv)(0);
    for (int chunk = 0; chunk < chunks; chunk++) {
        const floatv v = LOAD(partial + (size_t)chunk * C), next = total + v;
        const intv kept = fabs(total) >= fabs(v);
        lost += (select(v, total, kept) - next) + select(total, v, kept);
        total = next;
    }
    return total + lost;
}

KERNEL combine_sums(
    global const float *restrict partial, global float *restrict dgamma, global float *restrict dbeta,
    const int items, const int C, const int chunks) {
    const int item = get_global_id(0), column = item * VEC;
    if (item >= items) return;
    store_float(add_chunks(partial + column, chunks, C), dgamma + column, C - column);
    store_float(add_chunks(partial + (size_t)chunks * C + column, chunks, C), dbeta + column, C - column);
}

KERNEL gradient(
    global const float *restrict dy, global const float *restrict x,
    global const float *restrict mean, global const float *restrict inverse,
    global const float *restrict gamma, global const float *restrict beta,
    global const float *restrict dgamma, global const float *restrict dbeta, global float *restrict dx,
    const int items, const int M, const int C, const int blocks, const int rows, const int width, const float share) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int block = item / blocks, start = block * rows, stop = min(start + rows, M);
    const int first = (item - block * blocks) * width, end = min(first + width, C);
    for (int row = start; row < stop; row++)
        for (int c = first; c < end; c += VEC) {
            const size_t at = (size_t)row * C + c;
            const floatv scale = LOAD(inverse + c), factor = LOAD(gamma + c);
            const floatv xhat = (LOAD(x + at) - LOAD(mean + c)) * scale;
            const floatv dz = PASS(LOAD(dy + at), xhat, factor, LOAD(beta + c));
            const floatv value = dz - LOAD(dbeta + c) * share - xhat * (LOAD(dgamma + c) * share);
            store_float(factor * scale * value, dx + at, C - c);
        }
}
