// Softmax with cross-entropy, its gradient, and which rows are right.
//
//   p[n][c] = exp(z[n][c] - max z[n]) / sum over c of the same
//   losses[n] = log(sum over c of exp(z[n][c] - max z[n])) - (z[n][label] - max z[n])
//   dz[n][c] = (p[n][c] - (c == label)) * dloss / N
//   right[n] = 1 if the first maximum of z[n] is at the label, else 0
//
//   z, p, dz: (N, C)     labels: (N,) int     losses: (N,)     right: (N,) int     dloss: () read
//
// A label outside 0..C-1 makes the loss NaN. Work-item: `length` rows. The mean of the losses and the number right are left to
// reduce.cl. Tolerance against NumPy: 1e-6 relative plus 1e-7.
// Source: Goodfellow, Bengio, Courville, Deep Learning (2016), sections 4.1 and 6.2.2.3; Kahan (1965) for the sum.

#pragma OPENCL FP_CONTRACT OFF

KERNEL softmax_cross_entropy(
    global const float *restrict z, global const int *restrict labels, global float *restrict p, global float *restrict losses,
    const int items, const int N, const int C, const int length) {
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
        losses[n] = label < 0 || label >= C ? NAN : log(sum) - (row[label] - largest);
    }
}

KERNEL softmax_cross_entropy_gradient(
    global const float *restrict p, global const int *restrict labels, global const float *restrict dloss,
    global float *restrict dz, const int items, const int N, const int C, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, N);
    const float factor = dloss[0] / (float)N;
    for (int n = item * length; n < stop; n++)
        for (int c = 0; c < C; c++) {
            const size_t i = (size_t)n * C + c;
            dz[i] = (p[i] - (c == labels[n] ? 1.0f : 0.0f)) * factor;
        }
}

KERNEL mark_correct(
    global const float *restrict z, global const int *restrict labels, global int *restrict right,
    const int items, const int N, const int C, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int stop = min((item + 1) * length, N);
    for (int n = item * length; n < stop; n++) {
        global const float *row = z + (size_t)n * C;
        int best = 0;
        for (int c = 1; c < C; c++) best = row[c] > row[best] || (row[c] != row[c] && row[best] == row[best]) ? c : best;
        right[n] = best == labels[n];
    }
}
