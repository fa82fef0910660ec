// Rectified linear unit:  y = max(x, 0),  dx = dy where y > 0, else 0. NaN stays NaN.
//
//   x, y, dy, dx: (size,)
//
// Work-item: `length` neighbouring elements. Tolerance against NumPy: none.

KERNEL relu(global const float *restrict x, global float *restrict y, const int items, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = item * length, stop = min(start + length, size);
    for (int i = start; i < stop; i += VEC) {
        const floatv value = LOAD(x + i);
        store_float(select(value, (floatv)(0), value <= (floatv)(0)), y + i, stop - i);
    }
}

KERNEL relu_gradient(
    global const float *restrict dy, global const float *restrict y, global float *restrict dx,
    const int items, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = item * length, stop = min(start + length, size);
    for (int i = start; i < stop; i += VEC)
        store_float(select((floatv)(0), LOAD(dy + i), LOAD(y + i) > (floatv)(0)), dx + i, stop - i);
}
