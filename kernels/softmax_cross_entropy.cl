// Softmax with cross-entropy, its gradient, and which rows are right.
//
//   p[n][c] = exp(z[n][c] - max z[n]) / sum over c of the same
//   losses[n] = log(sum over c of exp(z[n][c] - max z[n])) - sum over c of t[n][c] (z[n][c] - max z[n])
//   t[n][c] = (1 - smoothing) (c == label) + smoothing / C
//   dz[n][c] = (p[n][c] - t[n][c]) * dloss / counted
//   right[n] = 1 if fewer than k classes come before the label, by a higher z, NaN first, or an equal one further ahead; else 0
//   counted = number of labels that are not `ignored`, at least 1
//
//   z, p, dz: (N, C)     labels: (N,) int     losses: (N,)     right: (N,) int     dloss, counted: ()
//
// A label outside 0..C-1 makes the loss NaN. Work-item: `length` rows; count_labels has one. The mean of the losses and the
// number right are left to reduce.cl. Tolerance against NumPy: 1e-6 relative plus 1e-7.
// Source: Goodfellow, Bengio, Courville, Deep Learning (2016), sections 4.1 and 6.2.2.3; Kahan (1965) for the sum.
//
// Macros: IGNORE  1: rows whose label is `ignored` lose nothing and get no gradient; 0: all count, and `counted` is not read

#pragma OPENCL FP_CONTRACT OFF

#ifndef IGNORE
#define IGNORE 1
#endif

KERNEL softmax_cross_entropy(
    global const float *restrict z, global const int *restrict labels, global float *restrict p, global float *restrict losses,
    const int items, const int N, const int C, const int length, const float smoothing, const int ignored) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, N);
    for (int n = item * length; n < stop; n++) {
        global const float *row = z + (size_t)n * C;
        global float *to = p + (size_t)n * C;
        const int label = labels[n];
        float largest = row[0], sum = 0.0f, lost = 0.0f;  // a compensated sum: there may be thousands of classes
        for (int c = 1; c < C; c++) largest = row[c] > largest || row[c] != row[c] ? row[c] : largest;
        for (int c = 0; c < C; c++) {
            to[c] = exp(row[c] - largest);
            const float value = to[c] - lost, next = sum + value;
            lost = (next - sum) - value;
            sum = next;
        }
        for (int c = 0; c < C; c++) to[c] /= sum;
        float expected = label < 0 || label >= C ? NAN : (1.0f - smoothing) * (row[label] - largest);
        if (smoothing > 0.0f) {
            float shifted = 0.0f;
            for (int c = 0; c < C; c++) shifted += row[c] - largest;
            expected += smoothing * (shifted / (float)C);
        }
        losses[n] = IGNORE && label == ignored ? 0.0f : log(sum) - expected;
    }
}

KERNEL softmax_cross_entropy_gradient(
    global const float *restrict p, global const int *restrict labels, global const float *dloss, global const float *counted,
    global float *restrict dz, const int items, const int N, const int C, const int length, const float smoothing,
    const int ignored) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, N);
    const float factor = dloss[0] / (IGNORE ? counted[0] : (float)N);
    const float at_label = 1.0f - smoothing, everywhere = smoothing / (float)C;
    for (int n = item * length; n < stop; n++) {
        const bool none = IGNORE && labels[n] == ignored;
        for (int c = 0; c < C; c++) {
            const size_t i = (size_t)n * C + c;
            dz[i] = none ? 0.0f : (p[i] - (c == labels[n] ? at_label : 0.0f) - everywhere) * factor;
        }
    }
}

KERNEL mark_correct(
    global const float *restrict z, global const int *restrict labels, global int *restrict right,
    const int items, const int N, const int C, const int length, const int k) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, N);
    for (int n = item * length; n < stop; n++) {
        global const float *row = z + (size_t)n * C;
        const int label = labels[n];
        if (label < 0 || label >= C) {
            right[n] = 0;
            continue;
        }
        const float own = row[label];
        int before = 0;
        for (int c = 0; c < C; c++) {
            const bool higher = row[c] > own || (row[c] != row[c] && own == own);
            const bool equal = row[c] == own || (row[c] != row[c] && own != own);
            before += higher || (equal && c < label);
        }
        right[n] = before < k;
    }
}

KERNEL count_labels(
    global const int *restrict labels, global float *restrict counted, const int items, const int N, const int ignored) {
    if (get_global_id(0) >= items) return;
    int count = 0;
    for (int n = 0; n < N; n++) count += labels[n] != ignored;
    counted[0] = (float)max(count, 1);
}
