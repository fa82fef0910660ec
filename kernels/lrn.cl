// Local response normalization across channels, and its gradient.
//
//   scale[r][c] = k + alpha * sum over j, |j - c| <= SIZE / 2, of x[r][j]^2
//   y[r][c]  = x[r][c] * scale[r][c]^power
//   dx[r][c] = dy[r][c] * scale[r][c]^power - factor * x[r][c] * sum over the same j of dy[r][j] * y[r][j] / scale[r][j]
//
//   x, y, scale, dy, dx: (rows, C)
//
// Channels that do not exist count as 0. Work-item: `length` rows. Tolerance against NumPy: 3e-6 of the largest |y| or |dx|
// (a power may err by 16 units in the last place).
//
// Macros: SIZE  channels of a window, odd

#pragma OPENCL FP_CONTRACT OFF

#ifndef SIZE
#define SIZE 5
#endif

#define HALF (SIZE / 2)

// The sums of the windows around the channels c, c + 1 ...; TERM(j) is the vector of terms from channel j on, ONE(j) a single
// term. Near the ends of the row, where vectors would reach over them, the sums are made one by one.
#define WINDOW_SUMS(sum, c, C, TERM, ONE)                                                     \
    floatv sum = (floatv)(0);                                                                 \
    if (c >= HALF && c + VEC + HALF <= C) {                                                   \
        for (int d = -HALF; d <= HALF; d++) sum += TERM(c + d);                               \
    } else {                                                                                  \
        float lanes[VEC];                                                                     \
        for (int l = 0; l < VEC; l++) {                                                       \
            lanes[l] = 0.0f;                                                                  \
            for (int j = max(0, c + l - HALF); j <= min(C - 1, c + l + HALF); j++) lanes[l] += ONE(j); \
        }                                                                                     \
        sum = LOAD(lanes);                                                                    \
    }

#define SQUARES(j) (LOAD(from + (j)) * LOAD(from + (j)))
#define SQUARE(j) (from[j] * from[j])
#define RATIOS(j) (LOAD(gradient + (j)) * LOAD(value + (j)) / LOAD(of + (j)))
#define RATIO(j) (gradient[j] * value[j] / of[j])

KERNEL lrn(
    global const float *restrict x, global float *restrict y, global float *restrict scale,
    const int items, const int rows, const int C, const int length, const float alpha, const float power, const float k) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, rows);
    for (int r = item * length; r < stop; r++) {
        global const float *from = x + (size_t)r * C;
        for (int c = 0; c < C; c += VEC) {
            WINDOW_SUMS(sum, c, C, SQUARES, SQUARE)
            const floatv s = alpha * sum + k;
            store_float(s, scale + (size_t)r * C + c, C - c);
            store_float(LOAD(from + c) * powr(s, (floatv)(power)), y + (size_t)r * C + c, C - c);
        }
    }
}

KERNEL lrn_gradient(
    global const float *restrict dy, global const float *restrict x, global const float *restrict y,
    global const float *restrict scale, global float *restrict dx,
    const int items, const int rows, const int C, const int length, const float factor, const float power) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, rows);
    for (int r = item * length; r < stop; r++) {
        const size_t row = (size_t)r * C;
        global const float *gradient = dy + row, *value = y + row, *of = scale + row;
        for (int c = 0; c < C; c += VEC) {
            WINDOW_SUMS(sum, c, C, RATIOS, RATIO)
            const floatv part = LOAD(gradient + c) * powr(LOAD(of + c), (floatv)(power));
            store_float(part - factor * LOAD(x + row + c) * sum, dx + row + c, C - c);
        }
    }
}
