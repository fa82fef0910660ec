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
// gradient_sums: the rows are cut into chunks of `rows`, whose number follows from the shape alone; four rows are added before
// they join the sum. combine_sums: the chunks from the first to the last, in compensated sums.
//
// Work-item: a part of `width` columns of a chunk of `rows` rows, `block` rows side by side; combine_sums: a vector of columns.
//
// Macros: RELU, ADDEND, ACTIVATED  0 or 1     STREAMS  vectors of columns that are taken side by side: a cache line
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

// What is loaded for `count` vectors of columns.
#define LOAD_CHANNELS                                                                   \
    floatv center[STREAMS], scale[STREAMS], factor[STREAMS], shift[STREAMS];            \
    UNROLL for (int s = 0; s < count; s++) {                                            \
        center[s] = LOAD(mean + c + s * VEC);                                           \
        scale[s] = LOAD(inverse + c + s * VEC);                                         \
        factor[s] = LOAD(gamma + c + s * VEC);                                          \
        shift[s] = LOAD(beta + c + s * VEC);                                            \
    }

static inline void normalize_rows(
    global const float *restrict x, global const float *restrict mean, global const float *restrict inverse,
    global const float *restrict gamma, global const float *restrict beta, global const float *restrict addend,
    global float *restrict y, const int k, const int last, const int C, const int c, const int count) {
    LOAD_CHANNELS
    for (int r = k; r < last; r++)
        UNROLL for (int s = 0; s < count; s++) {
            const size_t at = (size_t)r * C + c + s * VEC;
            floatv value = (LOAD(x + at) - center[s]) * scale[s] * factor[s] + shift[s];
#if ADDEND
            value += LOAD(addend + at);
#endif
#if RELU
            value = select(value, (floatv)(0), value <= (floatv)(0));
#endif
            if (count > 1) STORE(value, y + at);
            else store_float(value, y + at, C - c);
        }
}

KERNEL normalize(
    global const float *restrict x, global const float *restrict mean, global const float *restrict inverse,
    global const float *restrict gamma, global const float *restrict beta, global const float *restrict addend,
    global float *restrict y,
    const int items, const int M, const int C, const int parts, const int rows, const int width, const int block) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int chunk = item / parts, stop = min((chunk + 1) * rows, M);
    const int left = (item - chunk * parts) * width, right = min(left + width, C);
    for (int k = chunk * rows; k < stop; k += block) {
        const int last = min(k + block, stop);
        int c = left;
        for (; c <= right - STREAMS * VEC; c += STREAMS * VEC)
            normalize_rows(x, mean, inverse, gamma, beta, addend, y, k, last, C, c, STREAMS);
        for (; c < right; c += VEC) normalize_rows(x, mean, inverse, gamma, beta, addend, y, k, last, C, c, 1);
    }
}

// dz of a vector: of dy where y > 0, y computed as above from xhat
#if RELU && !ACTIVATED
#define PASS(dy, xhat) select((floatv)(0), dy, (xhat) * factor[s] + shift[s] > (floatv)(0))
#else
#define PASS(dy, xhat) (dy)
#endif

#if ACTIVATED
#define DY(at) take_activated(dy, y, dz, at, count > 1 ? VEC : C - c)
#else
#define DY(at) LOAD(dy + (at))
#endif
#define XHAT(at) ((LOAD(x + (at)) - center[s]) * scale[s])

static inline floatv take_activated(
    global const float *restrict dy, global const float *restrict y, global float *restrict dz, const size_t at,
    const int lanes) {
    const floatv value = select((floatv)(0), LOAD(dy + at), LOAD(y + at) > (floatv)(0));
    store_float(value, dz + at, lanes);
    return value;
}

// Sum rows k to last - 1 of `count` vectors of columns, on top of what the rows before them gave.
static inline void sum_rows(
    global const float *restrict dy, global const float *restrict x, global const float *restrict y,
    global const float *restrict mean, global const float *restrict inverse,
    global const float *restrict gamma, global const float *restrict beta,
    global float *restrict dz, global float *restrict products, global float *restrict sums,
    const int start, const int k, const int last, const int C, const int c, const int count) {
    LOAD_CHANNELS
    floatv sum[STREAMS], product[STREAMS];
    UNROLL for (int s = 0; s < count; s++) sum[s] = product[s] = (floatv)(0);
    int r = k;
    for (; r <= last - 4; r += 4)
        UNROLL for (int s = 0; s < count; s++) {
            const size_t at = (size_t)r * C + c + s * VEC, at1 = at + C, at2 = at1 + C, at3 = at2 + C;
            const floatv x0 = XHAT(at), x1 = XHAT(at1), x2 = XHAT(at2), x3 = XHAT(at3);
            const floatv dz0 = PASS(DY(at), x0), dz1 = PASS(DY(at1), x1);
            const floatv dz2 = PASS(DY(at2), x2), dz3 = PASS(DY(at3), x3);
            sum[s] += (dz0 + dz1) + (dz2 + dz3);
            product[s] += (dz0 * x0 + dz1 * x1) + (dz2 * x2 + dz3 * x3);
        }
    for (; r < last; r++)
        UNROLL for (int s = 0; s < count; s++) {
            const size_t at = (size_t)r * C + c + s * VEC;
            const floatv x0 = XHAT(at), dz0 = PASS(DY(at), x0);
            sum[s] += dz0;
            product[s] += dz0 * x0;
        }
    UNROLL for (int s = 0; s < count; s++) {
        const int at = c + s * VEC;
        store_float(k > start ? LOAD(sums + at) + sum[s] : sum[s], sums + at, C - at);
        store_float(k > start ? LOAD(products + at) + product[s] : product[s], products + at, C - at);
    }
}

KERNEL gradient_sums(
    global const float *restrict dy, global const float *restrict x, global const float *restrict y,
    global const float *restrict mean, global const float *restrict inverse,
    global const float *restrict gamma, global const float *restrict beta,
    global float *restrict dz, global float *restrict partial,
    const int items, const int M, const int C, const int parts, const int rows, const int width, const int block) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int chunk = item / parts, start = chunk * rows, stop = min(start + rows, M);
    const int left = (item - chunk * parts) * width, right = min(left + width, C);
    global float *products = partial + (size_t)chunk * C, *sums = products + (size_t)((M - 1) / rows + 1) * C;
    for (int k = start; k < stop; k += block) {
        const int last = min(k + block, stop);
        int c = left;
        for (; c <= right - STREAMS * VEC; c += STREAMS * VEC)
            sum_rows(dy, x, y, mean, inverse, gamma, beta, dz, products, sums, start, k, last, C, c, STREAMS);
        for (; c < right; c += VEC)
            sum_rows(dy, x, y, mean, inverse, gamma, beta, dz, products, sums, start, k, last, C, c, 1);
    }
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

static inline void differentiate_rows(
    global const float *restrict dy, global const float *restrict x,
    global const float *restrict mean, global const float *restrict inverse,
    global const float *restrict gamma, global const float *restrict beta,
    global const float *restrict dgamma, global const float *restrict dbeta, global float *restrict dx,
    const int k, const int last, const int C, const int c, const int count, const float share) {
    LOAD_CHANNELS
    floatv along[STREAMS], level[STREAMS], outer[STREAMS];
    UNROLL for (int s = 0; s < count; s++) {
        along[s] = LOAD(dgamma + c + s * VEC) * share;
        level[s] = LOAD(dbeta + c + s * VEC) * share;
        outer[s] = factor[s] * scale[s];
    }
    for (int r = k; r < last; r++)
        UNROLL for (int s = 0; s < count; s++) {
            const size_t at = (size_t)r * C + c + s * VEC;
            const floatv xhat = XHAT(at), value = PASS(LOAD(dy + at), xhat);
            const floatv result = outer[s] * (value - level[s] - xhat * along[s]);
            if (count > 1) STORE(result, dx + at);
            else store_float(result, dx + at, C - c);
        }
}

KERNEL gradient(
    global const float *restrict dy, global const float *restrict x,
    global const float *restrict mean, global const float *restrict inverse,
    global const float *restrict gamma, global const float *restrict beta,
    global const float *restrict dgamma, global const float *restrict dbeta, global float *restrict dx,
    const int items, const int M, const int C, const int parts, const int rows, const int width, const int block,
    const float share) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int chunk = item / parts, stop = min((chunk + 1) * rows, M);
    const int left = (item - chunk * parts) * width, right = min(left + width, C);
    for (int k = chunk * rows; k < stop; k += block) {
        const int last = min(k + block, stop);
        int c = left;
        for (; c <= right - STREAMS * VEC; c += STREAMS * VEC)
            differentiate_rows(dy, x, mean, inverse, gamma, beta, dgamma, dbeta, dx, k, last, C, c, STREAMS, share);
        for (; c < right; c += VEC)
            differentiate_rows(dy, x, mean, inverse, gamma, beta, dgamma, dbeta, dx, k, last, C, c, 1, share);
    }
}
