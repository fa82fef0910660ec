// Sum of partial results in a fixed order:  y[i] = partial[0][i] + partial[1][i] + ...
//
//   partial: (chunks, size) read     y: (size,) written
//
// Work-item: `length` neighbouring elements. Tolerance against NumPy: none, the same order gives the same bits.

KERNEL reduce_chunks(
    global const float *restrict partial, global float *restrict y,
    const int items, const int chunks, const int size, const int length) {
    const int item = get_global_id(0);
    if (item >= items) return;
    const int start = item * length, stop = min(start + length, size);
    for (int i = start; i < stop; i += VEC) {
        floatv sum = LOAD(partial + i);
        for (int chunk = 1; chunk < chunks; chunk++) sum += LOAD(partial + (size_t)chunk * size + i);
        store_float(sum, y + i, stop - i);
    }
}
