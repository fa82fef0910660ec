// The sum of two arrays:  y = act(a + b),  act: max(., 0) if RELU, else nothing.
//
//   a, b: (size,) read     y: (size,) written; may be a
//
// Work-item: `length` neighbouring elements. Tolerance against NumPy: none.
//
// Macros: RELU  0 or 1

#ifndef RELU
#define RELU 0
#endif

KERNEL plus(
    global const float *a, global const float *restrict b, global float *y,
    const int items, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = item * length, stop = min(start + length, size);
    for (int i = start; i < stop; i += VEC) {
        const floatv value = LOAD(a + i) + LOAD(b + i);
#if RELU
        store_float(select(value, (floatv)(0), value <= (floatv)(0)), y + i, stop - i);
#else
        store_float(value, y + i, stop - i);
#endif
    }
}
