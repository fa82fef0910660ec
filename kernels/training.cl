// The arithmetic of gradient sums.
//
//   accumulate:  total = total + weight * x
//
//   total: (size,) read and written     x: (size,) read
//
// The same bits as NumPy: every operation is rounded on its own, so contraction to fused multiply-adds is off and these
// programs are never built with relaxed mathematics. Work-item: `length` neighbouring elements. Tolerance: none.

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
