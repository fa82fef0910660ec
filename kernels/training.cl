// The arithmetic of gradient sums and of the momentum optimizer.
//
//   accumulate:       total = total + weight * x
//   momentum_update:  t = decay * w;  t = g + t;  t = rate * t;  v = momentum * v;  v = v - t;  w = w + v
//
//   total, w, v: (size,) read and written     x, g: (size,) read
//
// The same bits as NumPy: every operation is rounded on its own, so contraction to fused multiply-adds is off and these
// programs are never built with relaxed mathematics. Work-item: `length` neighbouring elements. Tolerance: none.
// Source: Polyak (1964); Krizhevsky, Sutskever, Hinton (2012), section 5.

#pragma OPENCL FP_CONTRACT OFF

KERNEL accumulate(
    global float *restrict total, global const float *restrict x,
    const int items, const int size, const int length, const float weight) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = item * length, stop = min(start + length, size);
    for (int i = start; i < stop; i += VEC) {
        const floatv scaled = weight * LOAD(x + i);
        store_float(LOAD(total + i) + scaled, total + i, stop - i);
    }
}

KERNEL momentum_update(
    global float *restrict w, global float *restrict v, global const float *restrict g,
    const int items, const int size, const int length, const float rate, const float momentum, const float decay) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = item * length, stop = min(start + length, size);
    for (int i = start; i < stop; i += VEC) {
        const floatv weights = LOAD(w + i);
        const floatv decayed = decay * weights;
        const floatv slope = LOAD(g + i) + decayed;
        const floatv step = rate * slope;
        const floatv kept = momentum * LOAD(v + i);
        const floatv velocity = kept - step;
        store_float(velocity, v + i, stop - i);
        store_float(weights + velocity, w + i, stop - i);
    }
}
