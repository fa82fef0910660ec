// Mean and variance of each channel, the last axis of x, over all M rows.
//
//   mean[c] = 1/M sum over r of x[r][c]     variance[c] = 1/M sum over r of (x[r][c] - mean[c])^2
//   inverse[c] = 1 / sqrt(variance[c] + eps)
//
//   x: (M, C) read     partial: (3, chunks, C)     mean, variance, inverse: (C,) written
//
// The rows are cut into chunks of `rows`, whose number follows from the shape alone. channel_statistics: for every chunk its first row,
// the mean of what lies above that, and the sum of squares about the chunk's mean. Differences to a row of the same chunk stay
// accurate however large the mean is; as that row counts in the variance too, they lose at most a factor of `rows`, usually
// none. combine_statistics: the chunks from the first to the last, their means as differences to the first row of all, in
// compensated sums.
// follow_statistics: next = decay * running + share * observed, the two of the variance behind those of the mean.
//
// Work-item: channel_statistics: a part of `width` columns of a chunk, `block` rows side by side; four rows are added before they
// join the sum; the others: a vector of columns.
//
// Macros: STREAMS  vectors of columns that are summed side by side
// Tolerance against sums in float64: 1e-5 relative for the variance, 1e-6 of a deviation for the mean.
// Source: Chan, Golub, LeVeque, Algorithms for Computing the Sample Variance (1983).

#ifndef STREAMS
#define STREAMS 4
#endif

#pragma OPENCL FP_CONTRACT OFF

// total + v; what is lost in rounding goes to `lost`. Source: Neumaier (1974).
static inline void add(floatv *total, floatv *lost, const floatv v) {
    const floatv a = *total, next = a + v;
    const intv kept = fabs(a) >= fabs(v);
    *lost += (select(v, a, kept) - next) + select(a, v, kept);
    *total = next;
}

// Sum rows k to last - 1 of `count` vectors of columns, on top of what the rows before them gave.
static inline void sum_rows(
    global const float *restrict x, global float *restrict sums, global float *restrict squares,
    const int start, const int k, const int last, const int C, const int c, const int count) {
    floatv first[STREAMS], sum[STREAMS], square[STREAMS];
    UNROLL for (int s = 0; s < count; s++) {
        first[s] = LOAD(x + (size_t)start * C + c + s * VEC);
        sum[s] = square[s] = (floatv)(0);
    }
    global const float *row = x + (size_t)k * C + c;
    int r = k;
    for (; r <= last - 4; r += 4, row += (size_t)4 * C)
        UNROLL for (int s = 0; s < count; s++) {
            const floatv a0 = LOAD(row + s * VEC) - first[s], a1 = LOAD(row + C + s * VEC) - first[s];
            const floatv a2 = LOAD(row + (size_t)2 * C + s * VEC) - first[s], a3 = LOAD(row + (size_t)3 * C + s * VEC) - first[s];
            sum[s] += (a0 + a1) + (a2 + a3);
            square[s] += (a0 * a0 + a1 * a1) + (a2 * a2 + a3 * a3);
        }
    for (; r < last; r++, row += C)
        UNROLL for (int s = 0; s < count; s++) {
            const floatv a = LOAD(row + s * VEC) - first[s];
            sum[s] += a;
            square[s] += a * a;
        }
    UNROLL for (int s = 0; s < count; s++) {
        const int at = c + s * VEC;
        store_float(k > start ? LOAD(sums + at) + sum[s] : sum[s], sums + at, C - at);
        store_float(k > start ? LOAD(squares + at) + square[s] : square[s], squares + at, C - at);
    }
}

KERNEL channel_statistics(
    global const float *restrict x, global float *restrict partial,
    const int items, const int M, const int C, const int parts, const int rows, const int width, const int block) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int chunk = item / parts, places = (M - 1) / rows + 1;
    const int start = chunk * rows, stop = min(start + rows, M);
    const int left = (item - chunk * parts) * width, right = min(left + width, C);
    global float *sums = partial + (size_t)(places + chunk) * C, *squares = partial + (size_t)(2 * places + chunk) * C;
    for (int k = start; k < stop; k += block) {
        const int last = min(k + block, stop);
        int c = left;
        for (; c <= right - STREAMS * VEC; c += STREAMS * VEC) sum_rows(x, sums, squares, start, k, last, C, c, STREAMS);
        for (; c < right; c += VEC) sum_rows(x, sums, squares, start, k, last, C, c, 1);
    }
    for (int c = left; c < right; c += VEC) {
        const floatv sum = LOAD(sums + c), mean = sum / (float)(stop - start), square = LOAD(squares + c) - sum * mean;
        store_float(LOAD(x + (size_t)start * C + c), partial + (size_t)chunk * C + c, C - c);
        store_float(mean, sums + c, C - c);
        store_float(select(square, (floatv)(0), square < (floatv)(0)), squares + c, C - c);
    }
}

KERNEL combine_statistics(
    global const float *restrict partial, global float *restrict mean, global float *restrict variance,
    global float *restrict inverse,
    const int items, const int M, const int C, const int chunks, const int rows, const float eps) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int column = item * VEC;
    global const float *firsts = partial + column, *means = firsts + (size_t)chunks * C, *squares = means + (size_t)chunks * C;
    const floatv first = LOAD(firsts);
    floatv total = (floatv)(0), lost = (floatv)(0);
    for (int chunk = 0; chunk < chunks; chunk++) {
        const size_t at = (size_t)chunk * C;
        add(&total, &lost, ((LOAD(firsts + at) - first) + LOAD(means + at)) * (float)min(rows, M - chunk * rows));
    }
    const floatv offset = (total + lost) / (float)M;
    total = lost = (floatv)(0);
    for (int chunk = 0; chunk < chunks; chunk++) {
        const size_t at = (size_t)chunk * C;
        const floatv away = ((LOAD(firsts + at) - first) + LOAD(means + at)) - offset;
        add(&total, &lost, LOAD(squares + at) + away * away * (float)min(rows, M - chunk * rows));
    }
    const floatv spread = (total + lost) / (float)M;
    store_float(first + offset, mean + column, C - column);
    store_float(spread, variance + column, C - column);
    store_float(1.0f / sqrt(spread + eps), inverse + column, C - column);
}

KERNEL inverse_deviation(
    global const float *restrict variance, global float *restrict inverse, const int items, const int C, const float eps) {
    const int column = get_global_id(0) * VEC;
    if (column >= items * VEC) return;
    store_float(1.0f / sqrt(LOAD(variance + column) + eps), inverse + column, C - column);
}

KERNEL follow_statistics(
    global const float *restrict mean, global const float *restrict variance,
    global const float *restrict running_mean, global const float *restrict running_variance,
    global float *restrict next_mean, global float *restrict next_variance,
    const int items, const int C, const float decay, const float mean_share, const float variance_share) {
    const int column = get_global_id(0) * VEC;
    if (column >= items * VEC) return;
    const floatv kept_mean = decay * LOAD(running_mean + column), kept_variance = decay * LOAD(running_variance + column);
    store_float(kept_mean + mean_share * LOAD(mean + column), next_mean + column, C - column);
    store_float(kept_variance + variance_share * LOAD(variance + column), next_variance + column, C - column);
}
